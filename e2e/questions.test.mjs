// What the lessons ask: answered by pointing, by keyboard and by typing, and held against what happened.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { LANGUAGES, finishBeat, nextBeat, open, playTo, status, type, untilRest } from './app.mjs';
import { closeBrowser, reload, screenshot } from './browser.mjs';

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
      await reload(page);
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
    }));
}

test('who does not answer is told what happened', t => open(t, {}, async page => {
  await playTo(page, 'claim');
  assert.deepEqual([(await verdict(page)).result, (await verdict(page)).right], ['skipped', 'claim']);
}));

for (const lang of LANGUAGES) {
  test(`a challenge is met by the cluster's state, whatever was tried before, and its hints come one at a time (${lang})`, t =>
    open(t, { lesson: 'same-identity', lang }, async page => {
      await playTo(page, 'disk');
      await nextBeat(page);
      await page.selectOption('#speed', '8');
      assert.equal(await page.locator('#lesson .command').count(), 0, 'the command is not shown');
      await type(page, 'kubectl delete pod demo-statefulset-1');
      await untilRest(page);
      assert.equal((await status(page)).beatState, 'going', 'it came back');
      for (const hints of ['1', '2', '3']) {
        await page.click('#next-beat');
        await page.waitForSelector(`#challenge[data-hints="${hints}"]`);
      }
      assert.ok(await page.locator('#stage .asked').count() > 0, 'the second hint points at an object');
      await screenshot(page, `challenge-${lang}`);
      await type(page, 'kubectl scale sts demo-statefulset --replicas=1');
      await page.waitForSelector('#challenge[data-met=true]', { timeout: 20_000 });
      await screenshot(page, `challenge-met-${lang}`);
    }));
}

test('what is not there can be asked about', t => open(t, {}, async page => {
  await playTo(page, 'waiting');
  await page.click('#stage [data-absent="demo-statefulset-1"] button');
  await page.waitForSelector('#inspector[data-name="demo-statefulset-1"] #why');
  assert.match(await page.innerText('#why'), /demo-statefulset-0 is not Ready/);
  await screenshot(page, 'why-not');
}));

for (const lang of LANGUAGES) {
  test(`a forced deletion is seen in the lanes and breaks a promise, at a step to go to (${lang})`, t =>
    open(t, { lesson: 'node-failure', lang, viewport: { width: 1440, height: 1000 } }, async page => {
      await playTo(page, 'evicted');
      assert.equal(await page.locator('#promises [data-holds=false]').count(), 0);
      assert.equal(await page.locator('#lanes [data-together="2"]').count(), 0);
      await nextBeat(page);
      await playTo(page, 'force');
      await page.waitForSelector('#lanes [data-lane="demo-statefulset-0"][data-together="2"]');
      await screenshot(page, `two-of-one-${lang}`);
      await nextBeat(page);
      await playTo(page);
      const { frame } = await status(page);
      await page.click('[data-property="at-most-one-process"][data-holds=false] button');
      await page.waitForFunction(frame => +document.querySelector('[data-app]').dataset.frame < frame, frame);
      await page.waitForSelector('#lanes [data-lane="demo-statefulset-0"][data-together="2"]');
    }));
}
