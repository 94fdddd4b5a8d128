// The lessons, played: what a reader sees is what a StatefulSet does.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  ALL_LESSONS, COURSE, LANGUAGES, finishBeat, lessonShown, nextBeat, notePods, open, outOfPlace, playTo, states, status, stepUntil, tabTo, table, type, untilRest,
} from './app.mjs';
import { closeBrowser, screenshot } from './browser.mjs';

after(closeBrowser);

const [ZERO, ONE] = ['demo-statefulset-0', 'demo-statefulset-1'];

/** The course is long: each language is looked at in two widths, the last one being that in which it is played. */
const SIZES = { en: [[320, 700], [1280, 800]], zh: [[768, 1024], [1920, 1080], [1280, 800]] };

/** Answers what is asked with the keyboard, if anything is: a word, the first choice, or all of them where an order is asked for. */
async function answerWithKeys(page) {
  if (await page.locator('#question').count() === 0) return false;
  if (await page.locator('#answer').count() > 0) {
    await tabTo(page, '#answer');
    await page.keyboard.type('nothing');
    return true;
  }
  const choose = async index => {
    await tabTo(page, `.answers li:nth-child(${index + 1}) button`);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement.getAttribute('aria-pressed') === 'true');
  };
  await choose(0);
  const ordered = await page.locator('[aria-pressed=true] b').count() > 0;
  const choices = ordered ? await page.locator('[data-choice]').count() : 1;
  for (let index = 1; index < choices; index++) await choose(index);
  return true;
}

/** Brings the beat to its end with the keyboard; gives its id. */
async function finishWithKeys(page) {
  const { beat } = await status(page);
  for (let presses = 0; (await status(page)).beatState !== 'done'; presses++) {
    assert.ok(presses < 40, `${beat} comes to its end`);
    await tabTo(page, '#next-beat');
    await page.keyboard.press('Enter');
    await page.waitForTimeout(30);
    // The beat may have come to its end by itself just before, and the key led to the next one.
    if ((await status(page)).beat !== beat) await page.keyboard.press('PageUp');
  }
  return beat;
}

for (const lang of LANGUAGES) {
  test(`demo-statefulset-1 comes only when demo-statefulset-0 is ready, and scaling brings a third (${lang})`, t =>
    open(t, { lang }, async page => {
      const notes = await notePods(page);
      await page.selectOption('#speed', '8');
      // The first three beats at once, then as a film.
      await playTo(page, 'claim');
      await page.click('#next-beat');
      for (const beat of ['pod-0', 'waiting', 'ready-0', 'pod-1', 'both']) {
        await page.waitForSelector(`#lesson[data-beat="${beat}"]`);
        if (await page.locator('#question').count()) await page.click('#next-beat');
        await page.waitForSelector(`#lesson[data-beat="${beat}"][data-beat-state=done]`, { timeout: 20_000 });
        assert.equal((await status(page)).playing, false, 'the film stops at the end of a beat');
        await screenshot(page, `ordered-creation-${beat}-${lang}`);
        if (beat !== 'both') await page.click('#next-beat');
      }
      const seen = await notes();
      assert.ok(seen.some(pods => ZERO in pods && pods[ZERO] !== 'Ready'), 'pod 0 was seen before it was ready');
      assert.ok(seen.some(pods => pods[ZERO] === 'Ready' && !(ONE in pods)), 'pod 0 was seen ready without pod 1');
      assert.ok(seen.some(pods => ONE in pods && pods[ONE] !== 'Ready'), 'pod 1 was seen before it was ready');
      for (const pods of seen) assert.ok(!(ONE in pods) || pods[ZERO] === 'Ready', JSON.stringify(pods));

      const back = await stepUntil(page, '#step-back', pods => !(ONE in pods));
      assert.ok(back > 0, 'it was there');
      assert.deepEqual(await states(page, 'pod'), { [ZERO]: 'Ready' });
      const forward = await stepUntil(page, '#step-forward', pods => pods[ONE] === 'Ready');
      assert.ok(forward > 0 && forward <= back, `${back} steps back, ${forward} forward`);

      await page.click('#to-end');
      const { stdout } = await type(page, 'kubectl scale sts demo-statefulset --replicas=3');
      assert.equal(stdout.trim(), 'statefulset.apps/demo-statefulset scaled');
      await untilRest(page);
      const answer = await type(page, 'kubectl get pods');
      const rows = table(answer.stdout).map(({ NAME, READY, STATUS, RESTARTS }) => [NAME, READY, STATUS, RESTARTS]);
      assert.deepEqual(rows, [0, 1, 2].map(ordinal => [`demo-statefulset-${ordinal}`, '1/1', 'Running', '0']));
      await screenshot(page, `scaled-to-three-${lang}`);
    }));

  for (const lesson of COURSE) {
    test(`${lesson} can be walked to its end with the keyboard alone (${lang})`, t => open(t, { lesson, lang }, async page => {
      const titles = new Set();
      const answered = { given: 0, shown: 0 };
      const beats = await page.locator('#lesson .progress li').count();
      assert.ok(beats >= 4, `${beats} beats`);
      for (let number = 1; number <= beats; number++) {
        answered.given += await answerWithKeys(page) ? 1 : 0;
        const beat = await finishWithKeys(page);
        answered.shown += await page.locator('#verdict:not([data-result=skipped])').count();
        for (const [width, height] of SIZES[lang]) {
          await page.setViewportSize({ width, height });
          assert.deepEqual(await outOfPlace(page), [], `${beat} at a width of ${width}`);
        }
        titles.add(await page.innerText('#lesson h3'));
        assert.notEqual((await page.innerText('#lesson .prose')).trim(), '', `${beat} is explained`);
        if (number === 1 || number === beats) await screenshot(page, `${lesson}-${number}-${beat}-${lang}`);
        if (number < beats) {
          await tabTo(page, '#next-beat');
          await page.keyboard.press('Enter');
          await page.waitForFunction(beat => document.querySelector('#lesson').dataset.beat !== beat, beat);
        }
      }
      assert.equal(titles.size, beats, 'each beat has a title of its own');
      assert.equal(answered.shown, answered.given, 'what was answered is held against what happened');
      assert.equal(answered.given > 0, !['opening', 'sandbox'].includes(lesson), 'the lesson asks');
      const text = await page.innerText('#lesson');
      assert.equal(/[\u4e00-\u9fff]/.test(text), lang === 'zh', 'the text is in its language');
    }));
  }
}

test('scaling down takes the highest ordinal first and keeps the claims, and scaling up finds them again', t =>
  open(t, { lesson: 'scale-down-and-up' }, async page => {
    await playTo(page, 'three');
    const claims = await states(page, 'claim');
    const volumes = await states(page, 'volume');
    assert.deepEqual(Object.values(claims), ['Bound', 'Bound', 'Bound']);
    await nextBeat(page);
    await finishBeat(page);
    assert.deepEqual(await states(page, 'pod'), { [ZERO]: 'Ready', [ONE]: 'Ready', 'demo-statefulset-2': 'Terminating' });
    await nextBeat(page);
    assert.ok((await playTo(page, 'claims-kept')).includes('next'));
    assert.deepEqual(Object.keys(await states(page, 'pod')), [ZERO]);
    assert.deepEqual(await states(page, 'claim'), claims);
    await nextBeat(page);
    await playTo(page);
    assert.deepEqual(Object.values(await states(page, 'pod')), ['Ready', 'Ready', 'Ready']);
    assert.deepEqual([await states(page, 'claim'), await states(page, 'volume')], [claims, volumes]);
  }));

test('a deleted pod comes back with its name, its claim and its directory', t =>
  open(t, { lesson: 'same-identity' }, async page => {
    const yaml = async (kind, name) => {
      await page.click(`#stage [data-${kind}="${name}"]`);
      await page.waitForSelector(`#inspector[data-name="${name}"]`);
      return page.innerText('#yaml');
    };
    const identity = async () => {
      const pod = await yaml('pod', ZERO);
      const claim = await yaml('claim', `data-${ZERO}`);
      const [, volumeName] = claim.match(/volumeName: (\S+)/);
      const volume = await yaml('volume', volumeName);
      await page.click('#inspector-close');
      return {
        uid: pod.match(/^ {2}uid: (\S+)/m)[1],
        kept: [pod.match(/hostname: (\S+)/)[1], pod.match(/claimName: (\S+)/)[1], volumeName, volume.match(/path: (\S+)/)[1]],
      };
    };
    await finishBeat(page);
    const before = await identity();
    await nextBeat(page);
    await playTo(page);
    const after = await identity();
    assert.notEqual(after.uid, before.uid, 'it is another pod');
    assert.deepEqual(after.kept, before.kept);
  }));

test('a program that runs on without its pod is drawn beside the replacement', t =>
  open(t, { lesson: 'node-failure' }, async page => {
    await playTo(page, 'for-ever');
    assert.equal(await page.locator('[data-stray]').count(), 0);
    await nextBeat(page);
    await playTo(page, 'two');
    assert.deepEqual(await page.locator('[data-stray]').evaluateAll(strays => strays.map(({ dataset }) => dataset.stray)), [ZERO]);
    assert.ok(ZERO in await states(page, 'pod'), 'and so is its replacement');
    await screenshot(page, 'two-of-one-identity');
    await nextBeat(page);
    await playTo(page);
    assert.equal(await page.locator('[data-stray]').count(), 0, 'the healed node stops it');
  }));

test('the table of contents opens each lesson', t => open(t, {}, async page => {
  for (const lesson of [...ALL_LESSONS].reverse()) {
    if (!(await page.isVisible(`[data-open="${lesson}"]`))) await page.click('#contents summary');
    await page.click(`[data-open="${lesson}"]`);
    await lessonShown(page, lesson);
  }
}));

test('acting in the past begins a branch and keeps the old one', t => open(t, {}, async page => {
  await playTo(page);
  await stepUntil(page, '#step-back', pods => !(ONE in pods));
  const { branch } = await status(page);
  await type(page, 'kubectl scale sts demo-statefulset --replicas=1');
  await untilRest(page);
  assert.notEqual((await status(page)).branch, branch);
  assert.deepEqual(await states(page, 'pod'), { [ZERO]: 'Ready' });
  assert.match(await page.innerText('#difference'), /shall have 1 replicas/);
  await screenshot(page, 'fork');

  await page.focus('#side-by-side');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#compare');
  const sides = () => page.evaluate(() => Object.fromEntries([...document.querySelectorAll('#compare [data-side]')].map(side => [
    side.dataset.side, { at: +side.dataset.at, unlike: [...side.querySelectorAll('.unlike')].map(mark => {
      const { dataset } = mark.closest('[data-pod], [data-claim], [data-volume], [data-service], [data-stateful-set]');
      return `${dataset.pod ?? dataset.claim ?? dataset.volume ?? dataset.service ?? dataset.statefulSet}: ${mark.innerText}`;
    }) }])));
  const step = async key => {
    const before = JSON.stringify(await sides());
    await page.keyboard.press(key);
    await page.waitForFunction(before => JSON.stringify([...document.querySelectorAll('#compare [data-side]')]
      .map(({ dataset }) => +dataset.at)) !== before, JSON.stringify(Object.values(JSON.parse(before)).map(({ at }) => at)));
  };
  await page.click('#to-difference');
  const first = await sides();
  assert.deepEqual(first[1].unlike, ['demo-statefulset: ≠ differs']);
  assert.deepEqual(first[0].unlike, first[1].unlike);
  await page.focus('#stage .side button');
  while (!(await status(page)).rest) await step('ArrowRight');
  const last = await sides();
  assert.deepEqual(await outOfPlace(page), []);
  assert.ok(last[0].unlike.includes(`${ONE}: ≠ only here`), JSON.stringify(last));
  assert.ok(!last[0].unlike.some(mark => mark.startsWith(`${ZERO}:`)), 'what is the same is not marked');
  await step('ArrowLeft');
  const before = await sides();
  assert.ok(before[0].at < last[0].at && before[1].at === last[1].at, 'the later of the two steps back');
  await page.click(`#compare [data-side="0"] [data-pod="${ONE}"]`);
  await page.waitForSelector(`#inspector[data-name="${ONE}"]`);
  assert.equal((await status(page)).branch, '0', 'clicking an object leads to it');
  await page.click('#inspector-close');
  await page.selectOption('#branches', '1');
  await page.click('#side-by-side');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#compare', { state: 'detached' });
  await page.selectOption('#branches', '0');
  await page.click('#to-end');
  assert.deepEqual(await states(page, 'pod'), { [ZERO]: 'Ready', [ONE]: 'Ready' });
}));
