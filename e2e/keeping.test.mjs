// Nothing that a reader did is lost: not by switching language, not by loading the page again, not by a damaged store.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { finishBeat, lessonShown, open, playTo, states, status, type } from './app.mjs';
import { closeBrowser, reload, screenshot } from './browser.mjs';

after(closeBrowser);

const KEY = 'ordinal.run.ordered-creation';
const stored = (page, key) => page.evaluate(key => localStorage.getItem(key), key);
/** Runs are stored a moment after the last change. */
const untilStored = page => page.waitForFunction(async key => {
  const before = localStorage.getItem(key);
  await new Promise(later => setTimeout(later, 500));
  return before !== null && before === localStorage.getItem(key);
}, KEY);

test('switching language in the midst of a run keeps the run', t => open(t, {}, async page => {
  await playTo(page, 'waiting');
  await type(page, 'kubectl get pods');
  const before = [await status(page), await states(page, 'pod')];
  const text = () => page.innerText('#lesson .prose');
  const english = await text();
  for (const [button, lang, chinese] of [['#lang-zh', 'zh', true], ['#lang-en', 'en', false]]) {
    await page.click(button);
    await page.waitForFunction(lang => document.documentElement.lang.startsWith(lang), lang);
    await page.waitForFunction(chinese => /[\u4e00-\u9fff]/.test(document.querySelector('#lesson .prose').innerText) === chinese, chinese);
    assert.deepEqual([await status(page), await states(page, 'pod')], before, lang);
    assert.equal(await page.getAttribute(button, 'aria-pressed'), 'true');
    assert.equal(await page.locator('#terminal-log > li').count(), 4, 'the terminal keeps its lines');
    await screenshot(page, `switched-to-${lang}`);
  }
  assert.equal(await text(), english);
}));

test('both languages are there without a network once each was shown', t => open(t, { complaints: 'expected' }, async page => {
  const label = lang => page.waitForFunction(lang => document.documentElement.lang.startsWith(lang), lang);
  await page.click('#lang-zh');
  await label('zh');
  await page.waitForFunction(() => /[\u4e00-\u9fff]/.test(document.querySelector('#lesson-title').innerText));
  await page.context().setOffline(true);
  for (const lang of ['en', 'zh']) {
    await page.click(`#lang-${lang}`);
    await label(lang);
    assert.match(await page.innerText('#previous-beat'), lang === 'en' ? /Previous/ : /上一步/);
    assert.equal(await page.locator('#lesson [role=alert]').count(), 0);
  }
}));

test('words that could not be fetched are said to be missing, and can be asked for again', t =>
  open(t, { complaints: 'expected' }, async page => {
    await page.context().setOffline(true);
    await page.click('#lang-zh');
    await page.waitForSelector('#lesson [role=alert]');
    assert.equal(await page.getAttribute('html', 'lang'), 'en');
    assert.equal(await page.getAttribute('#lang-zh', 'aria-pressed'), 'false');
    await screenshot(page, 'words-missing');
    await page.context().setOffline(false);
    await page.click('#lesson [role=alert] button');
    await page.waitForFunction(() => document.documentElement.lang.startsWith('zh'));
    await page.waitForSelector('#lesson [role=alert]', { state: 'detached' });
    assert.match(await page.innerText('#previous-beat'), /上一步/);
  }));

test('switching language does not stop the film', t => open(t, {}, async page => {
  await playTo(page, 'waiting');
  await page.click('#next-beat');
  await page.waitForSelector('[data-app][data-playing=true]');
  await page.click('#lang-zh');
  await page.waitForSelector('#lesson[data-beat=ready-0][data-beat-state=done]', { timeout: 10_000 });
}));

test('loading the page again in the midst of a lesson goes on where it was', t => open(t, {}, async page => {
  await playTo(page, 'pod-1');
  await page.click('#step-back');
  const before = [await status(page), await states(page, 'pod'), await states(page, 'claim')];
  await reload(page);
  await lessonShown(page, 'ordered-creation');
  assert.deepEqual([await status(page), await states(page, 'pod'), await states(page, 'claim')], before);
  await page.click('#step-forward');
  await page.waitForFunction(frame => document.querySelector('[data-app]').dataset.frame === frame, String(before[0].frame + 1));
  await playTo(page, 'both');
}));

test('starting over goes back to the beginning', t => open(t, {}, async page => {
  await playTo(page, 'pod-0');
  await page.click('#start-over');
  await page.waitForSelector('#lesson[data-beat=volumes][data-beat-state=ahead]');
  assert.deepEqual(await states(page, 'pod'), {});
}));

const recording = actions => ({ lesson: 'ordered-creation', seed: 1, actions, frames: 3 });
const damaged = {
  'half a text': '{"version":1,"run":{"branches":[',
  'something else': '[]',
  'a version to come': '{"version":99,"run":{}}',
  'a command that is none': JSON.stringify({
    version: 1,
    run: { branches: [{ parent: null, recording: recording([[0, { command: 5 }]]), spans: [] }], branch: 0, cursor: 0, beat: 0 },
  }),
  'numbers out of bounds': JSON.stringify({
    version: 1,
    run: {
      branches: [{ parent: [7, 9], recording: { ...recording([]), frames: 1e9 }, spans: [{ start: 5, end: 1 }] }],
      branch: 3, cursor: 1e9, beat: 99,
    },
  }),
};
for (const [what, text] of Object.entries(damaged)) {
  test(`a damaged store (${what}) is set aside with a message`, t => open(t, {}, async page => {
    await finishBeat(page);
    await untilStored(page);
    await page.evaluate(([key, text]) => {
      addEventListener('pagehide', () => localStorage.setItem(key, text));
    }, [KEY, text]);
    await reload(page);
    await lessonShown(page, 'ordered-creation');
    await page.waitForSelector('#notice:not([hidden])');
    assert.notEqual((await page.innerText('#notice')).trim(), '');
    const aside = await page.evaluate(() => Object.keys(localStorage)
      .filter(key => key.startsWith('ordinal.damaged.'))
      .map(key => localStorage.getItem(key)));
    assert.deepEqual(aside, [text], 'it is kept as it was');
    assert.deepEqual((await status(page)).beat, 'volumes', 'the lesson begins anew');
    await playTo(page, 'pod-0');
    if (what === 'half a text') await screenshot(page, 'damaged-store');
  }));
}

test('a program that traps is said to have stopped, and its run is set aside', t => open(t, { complaints: 'expected' }, async page => {
  await finishBeat(page);
  await untilStored(page);
  const run = await stored(page, KEY);
  // What a panic comes to: an instruction `unreachable`, called by the browser.
  await page.evaluate(() => {
    const trap = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11];
    const program = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(trap)));
    setTimeout(program.exports.f);
  });
  await page.waitForSelector('#failure', { state: 'visible' });
  assert.match(await page.innerText('#failure-detail'), /unreachable/);
  assert.equal(await page.isVisible('#app'), false);
  await reload(page);
  await lessonShown(page, 'ordered-creation');
  assert.match(await page.innerText('#notice'), /The page stopped/);
  assert.equal(await stored(page, 'ordinal.damaged.ordered-creation'), run);
  assert.deepEqual((await status(page)).beat, 'volumes', 'the lesson begins anew');
}));

test('a browser that refuses to store is no obstacle', t => open(t, {}, async page => {
  await page.addInitScript(() => Object.defineProperty(globalThis, 'localStorage', {
    get() { throw new DOMException('no', 'SecurityError'); },
  }));
  await reload(page);
  await lessonShown(page, 'ordered-creation');
  await playTo(page, 'pod-0');
  assert.equal(await page.isVisible('#failure'), false);
}));

test('an address that asks for a lesson that is not there gets the opening', t =>
  open(t, { lesson: 'opening', query: '?lesson=nothing&lang=en', complaints: 'expected' }, async page => {
    assert.equal(await stored(page, 'ordinal.run.nothing'), null);
  }));
