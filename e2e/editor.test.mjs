// The editor: files of the lesson and objects of the cluster, with the keyboard alone.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { LANGUAGES, finishBeat, nextBeat, open, playTo, printed, status, type, untilRest } from './app.mjs';
import { accessibilityViolations, closeBrowser, reload, screenshot } from './browser.mjs';

after(closeBrowser);

const SET = 'demo-statefulset.yaml';
const text = page => page.inputValue('#editor-text');
const focused = page => page.evaluate(() => document.activeElement.id);
const findings = page => page.locator('#editor-errors > li').allInnerTexts();

/** Puts the caret at the end of the first line that has this text, with the keyboard. */
async function toLine(page, wanted) {
  const lines = (await text(page)).split('\n');
  const line = lines.findIndex(line => line.includes(wanted));
  assert.ok(line >= 0, wanted);
  await page.keyboard.press('Control+Home');
  for (let number = 0; number < line; number++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('End');
}

/** Opens a file by a command and waits for the editor. */
async function vi(page, file = SET) {
  await page.focus('#terminal-input');
  await page.keyboard.type(`vi ${file}`);
  await page.keyboard.press('Enter');
  await page.waitForSelector(`#editor[data-file="${file}"]`);
  assert.equal(await focused(page), 'editor-text');
}

test('a file is changed, checked, compared and applied, and all of it is part of the run', t => open(t, {}, async page => {
  await playTo(page);
  await vi(page);
  const original = await text(page);
  await toLine(page, 'replicas: 2');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('3');
  assert.deepEqual(await findings(page), []);
  // Undo is the browser's own.
  const changed = await text(page);
  await page.keyboard.press('Control+z');
  assert.notEqual(await text(page), changed);
  await page.keyboard.press('Control+Shift+z');
  assert.equal(await text(page), changed);
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('#editor-diff .in');
  const changes = await page.locator('#editor-diff .in').allInnerTexts();
  assert.ok(changes.some(line => /^\+ +replicas: 3/.test(line)), changes.join());
  await page.keyboard.press('Control+s');
  await page.waitForFunction(() => document.querySelector('#terminal-log > li:last-child')?.dataset.command.startsWith('kubectl apply'));
  assert.match((await printed(page)).stdout, /statefulset\.apps\/demo-statefulset configured/);
  const { frame } = await status(page);
  await untilRest(page);
  assert.match((await type(page, 'kubectl get sts')).stdout, /3\/3/);

  // Going back gives the file as it was; a reload keeps it.
  await page.click('#editor-close');
  await page.click('#to-start');
  await page.waitForSelector('[data-app][data-frame="0"]');
  await reload(page);
  await page.waitForSelector('#lesson[data-lesson]');
  await page.click('#to-end');
  await page.waitForFunction(frame => +document.querySelector('[data-app]').dataset.frame >= frame, frame);
  await page.click('#edit-files');
  await page.click(`.files button:text-is("${SET}")`);
  await page.waitForSelector(`#editor[data-file="${SET}"]`);
  assert.notEqual(await text(page), original);
  await page.click('#to-start');
  await page.waitForFunction(original => document.querySelector('#editor-text').value === original, original);
}));

test('Ctrl-/ makes a comment of a line, and a line of it again', t => open(t, {}, async page => {
  await playTo(page);
  await vi(page);
  const original = await text(page);
  await toLine(page, 'replicas: 2');
  await page.keyboard.press('Control+/');
  assert.equal(await text(page), original.replace('  replicas: 2', '#   replicas: 2'));
  await page.keyboard.press('Control+/');
  assert.equal(await text(page), original);
}));

test('what is wrong is told with its place while it is written', t => open(t, {}, async page => {
  await playTo(page, 'volumes');
  await vi(page);
  await toLine(page, 'volumeClaimTemplates');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Backspace');
  assert.equal(await page.getAttribute('#editor-text', 'aria-invalid'), 'true');
  assert.deepEqual(await findings(page), ['line 13:3 unknown field "spec.volumeClaimTemplate" Did you mean volumeClaimTemplates?']);
  // From the list back into the text, to the word at fault.
  await page.focus('#editor-errors button');
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), 'editor-text');
  const chosen = await page.evaluate(() => {
    const { value, selectionStart, selectionEnd } = document.querySelector('#editor-text');
    return value.slice(selectionStart, selectionEnd);
  });
  assert.equal(chosen, 'volumeClaimTemplate');
  await page.keyboard.type('volumeClaimTemplates');
  assert.deepEqual(await findings(page), []);
  // Indentation goes on, Tab indents, and Escape and Tab leave.
  await page.keyboard.press('Control+End');
  await page.keyboard.type('a:');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.type('b');
  assert.ok((await text(page)).endsWith('\na:\n    b'));
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  assert.notEqual(await focused(page), 'editor-text');
  await page.click('#editor-close');
  assert.equal(await focused(page), 'terminal-input');
}));

test('kubectl edit waits for the editor, and comes back with the reason', t => open(t, {}, async page => {
  await playTo(page);
  await page.focus('#terminal-input');
  await page.keyboard.type('kubectl edit sts demo-statefulset');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#editor');
  assert.ok((await text(page)).startsWith('# Please edit the object below.'));
  await page.waitForSelector('#interrupt');
  await toLine(page, 'storage: 1Mi');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('Gi');
  await page.keyboard.press('Control+s');
  await page.waitForFunction(() => /^# \* spec: Forbidden/m.test(document.querySelector('#editor-text').value));
  assert.match((await printed(page)).stderr, /error: statefulsets\.apps "demo-statefulset" is invalid/);
  // As it was, and with one more replica.
  await toLine(page, 'storage: 1Gi');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('Mi');
  await toLine(page, 'replicas: 2');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('3');
  await page.keyboard.press('Control+s');
  await page.waitForSelector('#editor', { state: 'detached' });
  assert.match((await printed(page)).stdout, /statefulset\.apps\/demo-statefulset edited/);
  await untilRest(page);
  const { stdout } = await type(page, 'kubectl get sts');
  assert.match(stdout, /3\/3/);
  await reload(page);
  await page.waitForSelector('#lesson[data-lesson]');
  assert.equal((await printed(page)).stdout, stdout, 'it is played again the same');

  await type(page, 'kubectl edit sts demo-statefulset');
  await page.click('#editor-close');
  assert.match((await printed(page)).stderr, /Edit cancelled, no changes made\./);
}));

test('a new file can be written and applied', t => open(t, {}, async page => {
  await vi(page, 'new.yaml');
  assert.equal(await text(page), '');
  await page.keyboard.type('apiVersion: v1\nkind: Pod\n');
  await page.keyboard.type('metadata: {name: mine}\nspec: {containers: [{name: c, image: busybox}]}\n');
  await page.keyboard.press('Control+s');
  await page.waitForFunction(() => document.querySelector('#terminal-log > li:last-child')?.dataset.command === 'kubectl apply -f new.yaml');
  assert.match((await printed(page)).stdout, /pod\/mine created/);
  assert.match((await type(page, 'ls')).stdout, /^new\.yaml$/m);
}));

for (const lang of LANGUAGES) {
  for (const colorScheme of ['light', 'dark']) {
    test(`nothing stands in the way in the editor: ${lang}, ${colorScheme}`, t => open(t, { lang, colorScheme }, async page => {
      await finishBeat(page);
      await nextBeat(page);
      for (const [width, height] of [[320, 640], [768, 1024], [1280, 800], [1920, 1080]]) {
        await page.setViewportSize({ width, height });
        if (!await page.locator('#editor').count()) await vi(page);
        await page.focus('#editor-text');
        await page.keyboard.press('Control+Home');
        await page.keyboard.press('Control+Enter');
        await page.waitForSelector('#editor-diff');
        await page.keyboard.type('x');
        await page.waitForSelector('#editor-errors li');
        assert.deepEqual(await accessibilityViolations(page), [], `${width}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${wide} > ${width}`);
        await page.keyboard.press('Backspace');
        await page.keyboard.press('Control+Enter');
        await page.waitForSelector('#editor-diff');
        assert.deepEqual(await accessibilityViolations(page), [], `${width}`);
        await screenshot(page, `editor-${lang}-${colorScheme}-${width}`);
      }
    }));
  }
}
