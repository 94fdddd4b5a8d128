// What the lessons ask: answered by pointing, by keyboard and by typing, and held against what happened.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { LANGUAGES, finishBeat, nextBeat, open, playTo } from './app.mjs';
import { closeBrowser, screenshot } from './browser.mjs';

after(closeBrowser);

const verdict = page => page.locator('#verdict').evaluate(({ dataset, innerText }) => ({ ...dataset, text: innerText }));

for (const lang of LANGUAGES) {
  test(`a pod that is pointed at is the answer, and a wrong one is replied to (${lang})`, t =>
    open(t, { lesson: 'scale-down-and-up', lang }, async page => {
      await playTo(page, 'three');
      await nextBeat(page);
      assert.equal(await page.locator('#stage .asked').count(), 3);
      await page.click('#stage [data-pod="demo-statefulset-0"]');
      assert.equal(await page.locator('#inspector').count(), 0, 'pointing answers, it does not inspect');
      await page.waitForSelector('[data-choice="demo-statefulset-0"][aria-pressed=true]');
      await screenshot(page, `question-${lang}`);
      await finishBeat(page);
      const { result, right, text } = await verdict(page);
      assert.deepEqual([result, right], ['wrong', 'demo-statefulset-2']);
      assert.ok(text.length > 60, 'there is a reply');
      await screenshot(page, `verdict-${lang}`);
      await page.reload();
      await page.waitForSelector('#verdict[data-result=wrong]');
    }));

  test(`a statement is chosen with the keyboard, a number typed, and a question skipped (${lang})`, t =>
    open(t, { lesson: 'scale-down-and-up', lang }, async page => {
      await playTo(page, 'next');
      await nextBeat(page);
      await page.focus('[data-choice=kept]');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[data-choice=kept][aria-pressed=true]');
      await finishBeat(page);
      assert.equal((await verdict(page)).result, 'right');
      await nextBeat(page);
      await finishBeat(page);
      await nextBeat(page);
      await page.fill('#answer', ' 3 ');
      await page.press('#answer', 'Enter');
      await page.waitForSelector('#verdict[data-result=right]', { timeout: 20_000 });
      await screenshot(page, `typed-${lang}`);
      await page.reload();
    }));
}

test('who does not answer is told what happened', t => open(t, {}, async page => {
  await playTo(page, 'claim');
  assert.deepEqual([(await verdict(page)).result, (await verdict(page)).right], ['skipped', 'claim']);
}));
