// After the first visit the site works without a network, and with one it is always the newest.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { lessonShown, playTo, type } from './app.mjs';
import { closeBrowser, reload, visit } from './browser.mjs';

after(closeBrowser);

/** Waits until the worker has everything, and is at work. */
const everythingKept = page => page.evaluate(async () => {
  const { active } = await navigator.serviceWorker.ready;
  while (active.state !== 'activated') await new Promise(resolve => active.addEventListener('statechange', resolve, { once: true }));
});

for (const path of ['/', '/some/sub-path/']) {
  test(`at ${path}, after one visit, the whole site is there without a network`, t =>
    visit(t, { path, query: '?lesson=ordered-creation&lang=en', complaints: 'expected' }, async (page, site) => {
      await lessonShown(page, 'ordered-creation');
      await everythingKept(page);
      await site.close();

      await page.goto(`${site.address}?lesson=ordered-creation`);
      await lessonShown(page, 'ordered-creation');
      await playTo(page, 'service');
      assert.match((await type(page, 'kubectl get pv')).stdout, /pv-a/);
      await page.click('#lang-zh');
      await page.waitForFunction(() => document.documentElement.lang.startsWith('zh'));
      await page.click('#lang-en');

      await page.goto(`${site.address}?lesson=same-identity&lang=zh`);
      await lessonShown(page, 'same-identity');
      assert.match(await page.innerText('#lesson h2'), /位子不变/);
    }));
}

test('with a network, what the host has now is shown, and nothing older', t =>
  visit(t, { query: '?lesson=ordered-creation&lang=en' }, async (page, site) => {
    await lessonShown(page, 'ordered-creation');
    await everythingKept(page);
    const seen = new Set();
    site.onRequest(file => seen.add(file));
    await reload(page);
    await lessonShown(page, 'ordered-creation');
    const asked = [...seen];
    assert.ok(asked.includes('index.html'), 'the page itself is asked for');
    assert.ok(asked.includes('words/en.txt'), 'so are its words');
    assert.ok(asked.includes('lessons/ordered-creation.en.json'), 'and the lesson');
    assert.ok(!asked.some(file => file.endsWith('.wasm')), 'what its name says never changes is not');
  }));
