// What every browser test needs: the built site on a port, a browser, and the certainty that nothing complained.
//
//   test('the page has a title', t => visit(t, { path: '/sub/' }, async page => { … }));

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = resolve(here, '..', 'dist');
const artifacts = join(here, 'artifacts');

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Serves dist/ below `path`, as any static file host would.
 * `missing` is a pattern of file names that this host has lost.
 */
export async function serveSite({ path = '/', missing } = {}) {
  let told = () => {};
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://host');
    const file = pathname.startsWith(path) && fileOf(pathname.slice(path.length));
    if (file) told(relative(dist, file));
    try {
      if (!file || missing?.test(file)) throw new Error('not found');
      const content = await readFile(file);
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
      response.end(content);
    } catch {
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end('not found');
    }
  });
  await new Promise(listening => server.listen(0, '127.0.0.1', listening));
  return {
    address: `http://127.0.0.1:${server.address().port}${path}`,
    /** Has every file that is asked for from now on named to `listener`. */
    onRequest: listener => { told = listener; },
    close: () => new Promise(closed => {
      server.close(closed);
      server.closeAllConnections();
    }),
  };
}

function fileOf(address) {
  const name = address === '' || address.endsWith('/') ? `${address}index.html` : address;
  const file = normalize(join(dist, decodeURIComponent(name)));
  return file.startsWith(dist + sep) ? file : undefined;
}

let browser;

/** The browser of this test file, started on first use. It ends with the process of the file. */
async function theBrowser() {
  browser ??= chromium.launch({ executablePath: browserProgram(), headless: true, args: FLAGS });
  return browser;
}

function browserProgram() {
  const places = [
    process.env.CHROME,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ];
  const found = places.find(place => place && existsSync(place));
  assert.ok(found, 'no Chromium or Chrome found; set CHROME to its program');
  return found;
}

/**
 * Opens the site in a fresh browser profile, runs `body(page, site)`, and fails if anything complained meanwhile:
 * the console, an uncaught error, a request that failed. `t` is the test's context.
 *
 * `path`: where on the host the site lies. `query`: what follows it in the address. `missing`: see `serveSite`.
 * `complaints: 'expected'`: return them instead of failing. Everything else are options of Playwright's browser contexts:
 * `locale`, `viewport`, `colorScheme`, `reducedMotion`, `forcedColors`, `javaScriptEnabled` …
 */
export async function visit(t, { path, missing, query = '', complaints, ...context }, body) {
  const site = await serveSite({ path, missing });
  t.after(() => site.close());
  const profile = await (await theBrowser()).newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...context });
  t.after(() => profile.close());
  const page = await profile.newPage();
  const heard = listen(page);
  await page.goto(site.address + query, { waitUntil: 'load' });
  await body(page, site);
  await quiet(page);
  if (complaints !== 'expected') assert.deepEqual(heard, [], 'the browser complained');
  return heard;
}

/** Requests that a page waits for. */
const pending = new WeakMap();

/** Waits until a page has got all that it asked for: to go away before that is a failed request. */
async function quiet(page) {
  const until = Date.now() + 10_000;
  while (pending.get(page).size > 0 && Date.now() < until) await new Promise(soon => setTimeout(soon, 5));
}

/** Loads the page again, as a reader does who has seen all of it. */
export async function reload(page) {
  await quiet(page);
  await page.reload();
}

function listen(page) {
  const heard = [];
  const open = new Set();
  pending.set(page, open);
  page.on('request', request => open.add(request));
  page.on('requestfinished', request => open.delete(request));
  page.on('requestfailed', request => open.delete(request));
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) heard.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', error => heard.push(`uncaught: ${error.message}`));
  page.on('requestfailed', request => heard.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on('response', response => {
    if (response.status() >= 400) heard.push(`${response.status()}: ${response.url()}`);
  });
  return heard;
}

/** Keeps a picture of the page in e2e/artifacts/, to be looked at; what moves has come to rest in it. */
export async function screenshot(page, name) {
  await page.evaluate(() => Promise.allSettled(document.getAnimations()
    .filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity)
    .map(animation => animation.finished)));
  await mkdir(artifacts, { recursive: true });
  const path = join(artifacts, `${name}.png`);
  await page.screenshot({ path, fullPage: true });
  return path;
}

/** The violations of WCAG 2.2 A and AA that axe-core finds on the page, one line each. */
export async function accessibilityViolations(page) {
  const axe = await readFile(join(here, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
  }));
  return violations.flatMap(({ id, help, nodes }) => nodes.map(node => `${id}: ${help}: ${node.target}`));
}

/** Ends the browser; for the `after` hook of a test file. */
export async function closeBrowser() {
  await (await browser)?.close();
}
