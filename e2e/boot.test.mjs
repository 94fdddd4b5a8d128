// The page starts wherever its folder lies, and says so when it cannot.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accessibilityViolations, closeBrowser, reload, screenshot, visit } from './browser.mjs';

after(closeBrowser);

const started = page => page.waitForSelector('#app:not(:has(.boot))', { state: 'attached' });

for (const path of ['/', '/some/sub-path/']) {
  test(`the app starts at ${path}`, t => visit(t, { path }, async page => {
    await started(page);
    assert.equal(await page.isVisible('#failure'), false);
    assert.match(await page.title(), /Ordinal/);
    await screenshot(page, path === '/' ? 'boot' : 'boot-sub-path');
  }));
}

test('everything comes from the site itself', async t => {
  const hosts = new Set();
  await visit(t, {}, async (page, site) => {
    await started(page);
    page.on('request', request => hosts.add(new URL(request.url()).origin));
    await reload(page);
    await started(page);
    assert.deepEqual([...hosts].filter(host => host !== 'null'), [new URL(site.address).origin]);
  });
});

for (const [what, missing] of [['the program', /\.wasm$/], ['its script', /ordinal-\w+\.js$/], ['its words', /words\/en\.txt$/]]) {
  test(`without ${what}, the page says in both languages that it could not start`, async t => {
    const complaints = await visit(t, { missing, complaints: 'expected' }, async page => {
      await page.waitForSelector('#failure', { state: 'visible' });
      assert.match(await page.innerText('#failure'), /could not start[\s\S]*未能启动/);
      assert.equal(await page.isVisible('#app'), false);
      await screenshot(page, `boot-without-${what.replace(' ', '-')}`);
    });
    assert.ok(complaints.length > 0);
  });
}

for (const [locale, query, expected] of [
  ['zh-CN', '', 'zh-Hans'],
  ['fr-FR', '', 'en'],
  ['en-GB', '?lang=zh', 'zh-Hans'],
  ['zh-TW', '?lang=en', 'en'],
  ['zh-TW', '?lang=nothing', 'zh-Hans'],
]) {
  test(`a browser that prefers ${locale} gets ${expected} at /${query}, and no other words`, async t => {
    await visit(t, { locale, query }, async page => {
      await started(page);
      assert.equal(await page.getAttribute('html', 'lang'), expected);
      const fetched = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
      const code = expected.slice(0, 2);
      assert.deepEqual(fetched.filter(name => name.includes('/words/')).map(name => name.split('/').at(-1)), [`${code}.txt`]);
      await reload(page);
      await started(page);
      assert.equal(await page.getAttribute('html', 'lang'), expected);
    });
  });
}

test('without scripts, the page says in both languages that it needs them', t =>
  visit(t, { javaScriptEnabled: false, complaints: 'expected' }, async page => {
    assert.match(await page.innerText('noscript'), /needs JavaScript[\s\S]*JavaScript 和 WebAssembly/);
    await screenshot(page, 'boot-without-scripts');
  }));

test('the first page has no accessibility violation that a program can find', t => visit(t, {}, async page => {
  await started(page);
  assert.deepEqual(await accessibilityViolations(page), []);
}));
