// The terminal: the real program's answers, whatever is typed.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { LANGUAGES, finishBeat, nextBeat, open, playTo, printed, states, status, type, untilRest } from './app.mjs';
import { accessibilityViolations, closeBrowser, reload, screenshot } from './browser.mjs';

after(closeBrowser);

/** What is typed, and what the real program answers on its standard error. */
const MISTAKES = [
  ['kubctl get pods', /kubctl.*not found/],
  ['kubectl frobnicate', /^error: unknown command "frobnicate" for "kubectl"/],
  ['kubectl get widgets', /^error: the server doesn't have a resource type "widgets"/],
  ['kubectl get pod demo-statefulset-9', /^Error from server \(NotFound\): pods "demo-statefulset-9" not found/],
  ['kubectl create -f missing.yaml', /^error: the path "missing.yaml" does not exist/],
  ['kubectl create -f demo-statefulset.yaml', /^Error from server \(AlreadyExists\): .*"demo-statefulset" already exists/],
  [
    'kubectl scale sts demo-statefulset --replicas=-1',
    /^error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0/,
  ],
  ['kubectl scale sts demo-statefulset --replicas=many', /^error: invalid argument "many" for "--replicas" flag/],
  ['kubectl get pods --frobnicate', /^error: unknown flag: --frobnicate/],
];

test('a mistake gets the real answer and changes nothing', t => open(t, {}, async page => {
  await playTo(page);
  const before = [await status(page), await states(page, 'pod'), await states(page, 'claim')];
  for (const [line, answer] of MISTAKES) {
    const { command, stdout, stderr } = await type(page, line);
    assert.equal(command, line);
    assert.match(stderr, answer, line);
    assert.equal(stdout, '', line);
    assert.deepEqual([await status(page), await states(page, 'pod'), await states(page, 'claim')], before, line);
  }
  await screenshot(page, 'mistakes');
  // What is hidden in the scrolled log must not make the page longer.
  const [content, view] = await page.evaluate(() => {
    const { scrollHeight, clientHeight } = document.documentElement;
    return [scrollHeight, clientHeight];
  });
  assert.ok(content <= view, `${content} > ${view}`);
}));

test('whatever is typed, the page goes on', t => open(t, {}, async page => {
  await playTo(page);
  const lines = [
    'kubectl get pods "', '\u0000', '$(reboot)', '|', '&&', '`', "'", '\\', '-', '--', 'kubectl', 'kubectl get', 'kubectl get pods -o yaml -o wide',
    `kubectl get ${'x'.repeat(10_000)}`, 'kubectl get pods 中文 🙂', 'kubectl scale --replicas=99999999999999999999 sts/demo-statefulset',
    'kubectl delete', 'kubectl create -f', '🙂'.repeat(500),
  ];
  for (const line of lines) {
    await page.fill('#terminal-input', line);
    await page.press('#terminal-input', 'Enter');
  }
  const { stdout } = await type(page, 'kubectl get pods -o name');
  assert.equal(stdout.trim(), 'pod/demo-statefulset-0\npod/demo-statefulset-1');
}));

test('a delete waits until the pod is gone, and Ctrl-C ends the waiting', t => open(t, {}, async page => {
  await playTo(page);
  await type(page, 'kubectl delete pod demo-statefulset-1');
  await page.waitForSelector('#interrupt');
  await page.press('#terminal-input', 'Control+c');
  await page.waitForSelector('#interrupt', { state: 'detached' });
  const { stdout } = await type(page, 'kubectl get pods demo-statefulset-1');
  assert.match(stdout, /demo-statefulset-1 +1\/1 +Terminating/);
}));

test('the terminal shows what had been printed at the frame that is looked at', t => open(t, {}, async page => {
  await playTo(page);
  const entries = () => page.locator('#terminal-log > li').count();
  const all = await entries();
  assert.equal(all, 3);
  await page.click('#to-start');
  await page.waitForSelector('[data-app][data-frame="0"]');
  assert.equal(await entries(), 0);
  await page.click('#to-end');
  assert.equal(await entries(), all);
}));

test('earlier lines come back with the arrow keys', t => open(t, {}, async page => {
  await type(page, 'kubectl get nodes');
  await type(page, 'kubectl get pv');
  for (const [key, line] of [['ArrowUp', 'kubectl get pv'], ['ArrowUp', 'kubectl get nodes'], ['ArrowDown', 'kubectl get pv']]) {
    await page.press('#terminal-input', key);
    await page.waitForFunction(line => document.querySelector('#terminal-input').value === line, line);
  }
}));

const line = page => page.inputValue('#terminal-input');
const said = page => page.textContent('#terminal-said');
const until = (page, value) => page.waitForFunction(value => document.querySelector('#terminal-input').value === value, value);

/** Types into an empty line, key by key. */
async function keys(page, ...typed) {
  await page.fill('#terminal-input', '');
  for (const part of typed) {
    if (part.startsWith('<')) await page.keyboard.press(part.slice(1, -1));
    else await page.keyboard.type(part);
  }
}

test('Tab completes words, and twice lists what they may be', t => open(t, {}, async page => {
  await playTo(page);
  for (const [typed, expected] of [
    [['ku', '<Tab>'], 'kubectl '],
    [['kubectl desc', '<Tab>'], 'kubectl describe '],
    [['kubectl get statefuls', '<Tab>'], 'kubectl get statefulsets '],
    [['kubectl get sv', '<Tab>'], 'kubectl get svc '],
    [['kubectl delete pod d', '<Tab>'], 'kubectl delete pod demo-statefulset-'],
    [['kubectl scale sts demo', '<Tab>', '--rep', '<Tab>', '3'], 'kubectl scale sts demo-statefulset --replicas=3'],
    [['kubectl get pods -o y', '<Tab>'], 'kubectl get pods -o yaml '],
    [['cat demo-statefulset-h', '<Tab>'], 'cat demo-statefulset-headless-service.yaml '],
    [['kubectl get pods | he', '<Tab>'], 'kubectl get pods | head '],
  ]) {
    await keys(page, ...typed);
    await until(page, expected);
  }
  await keys(page, 'kubectl get pod ', '<Tab>', '<Tab>');
  await page.waitForSelector('#terminal-choices');
  assert.deepEqual(await page.locator('#terminal-choices li').allInnerTexts(), ['demo-statefulset-0', 'demo-statefulset-1']);
  assert.equal(await said(page), 'demo-statefulset-0, demo-statefulset-1');
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.keyboard.type('1');
  await page.waitForSelector('#terminal-choices', { state: 'detached' });
}));

test('the line can be left with the keyboard', t => open(t, {}, async page => {
  const focused = () => page.evaluate(() => document.activeElement.id);
  await keys(page, 'kubectl ge', '<Escape>', '<Tab>');
  assert.notEqual(await focused(), 'terminal-input');
  await page.focus('#terminal-input');
  await keys(page, '<Tab>');
  assert.notEqual(await focused(), 'terminal-input', 'an empty line has nothing to complete');
  assert.match(await page.textContent(`#${(await page.getAttribute('#terminal-input', 'aria-describedby')).split(' ')[0]}`), /Escape/);
}));

test('lines are edited with the keys of a shell', t => open(t, {}, async page => {
  for (const [typed, expected] of [
    [['b c', '<Control+a>', 'a '], 'a b c'],
    [['a c', '<Control+a>', '<Alt+ArrowRight>', ' b', '<Control+e>', ' d'], 'a b c d'],
    [['a b c', '<Alt+ArrowLeft>', '<Control+k>'], 'a b '],
    [['a b c', '<Alt+ArrowLeft>', '<Control+u>'], 'c'],
    [['a b c', '<Control+u>', 'x ', '<Control+y>'], 'x a b c'],
    [['a b c', '<Control+c>'], ''],
  ]) {
    await keys(page, ...typed);
    await until(page, expected);
  }
}));

test('earlier lines are found again, also after a reload', t => open(t, {}, async page => {
  for (const command of ['kubectl get nodes', 'ls', 'kubectl get pv']) await type(page, command);
  await reload(page);
  await page.waitForSelector('#lesson[data-lesson]');
  await page.focus('#terminal-input');
  await keys(page, 'kubectl', '<ArrowUp>', '<ArrowUp>');
  await until(page, 'kubectl get nodes');
  await keys(page, '<ArrowUp>', '<ArrowDown>');
  await until(page, '');
  await keys(page, '<Control+r>', 'get');
  await page.waitForSelector('#terminal-found');
  assert.match(await page.innerText('.prompt'), /\(reverse-i-search\)`/);
  assert.match(await page.innerText('#terminal-found'), /kubectl get pv/);
  await page.keyboard.press('Control+r');
  await page.waitForFunction(() => document.querySelector('#terminal-found').textContent.includes('get nodes'));
  assert.equal(await said(page), 'kubectl get nodes');
  await page.keyboard.press('Escape');
  await until(page, 'kubectl get nodes');
  await keys(page, '<Control+r>', 'ls', '<Enter>');
  await page.waitForFunction(() => document.querySelector('#terminal-log > li:last-child').dataset.command === 'ls');
  assert.equal((await type(page, '!!')).command, 'ls');
  assert.match((await type(page, 'history')).stdout, /1 {2}kubectl get nodes\n +2 {2}ls/);
  await keys(page, 'clear', '<Enter>');
  await page.waitForFunction(() => !document.querySelector('#terminal-log > li'));
}));

test('many pasted lines run one after the other once that is agreed to', t => open(t, {}, async page => {
  const paste = text => page.evaluate(text => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text', text);
    document.querySelector('#terminal-input').dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);
  await page.focus('#terminal-input');
  await paste('# the volumes\n$ kubectl create -f demo-statefulset-persistent-volume.yaml\n\nkubectl get pv \\\n  -o name\n');
  await page.waitForSelector('#pasted');
  assert.deepEqual(await page.locator('#pasted li').allInnerTexts(), [
    'kubectl create -f demo-statefulset-persistent-volume.yaml', 'kubectl get pv -o name',
  ]);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'pasted-run');
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.keyboard.press('Escape');
  await page.waitForSelector('#pasted', { state: 'detached' });
  assert.equal(await page.locator('#terminal-log > li').count(), 0);
  await playTo(page);
  const before = await page.locator('#terminal-log > li').count();
  await page.focus('#terminal-input');
  await paste('kubectl delete pod demo-statefulset-1\nsleep 3\nkubectl get pods -o name');
  await page.waitForSelector('#pasted-run:focus');
  await page.keyboard.press('Enter');
  await page.waitForFunction(before => document.querySelectorAll('#terminal-log > li').length === before + 3, before);
  await page.waitForFunction(() => document.querySelector('#terminal-log > li:last-child').textContent.includes('pod/'));
}));

test('pasted lines that wait are asked about again where time was turned back', t => open(t, {}, async page => {
  await playTo(page);
  await page.focus('#terminal-input');
  await page.evaluate(() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text', 'sleep 100\nkubectl get pods');
    document.querySelector('#terminal-input').dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  });
  await page.waitForSelector('#pasted-run:focus');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#interrupt');
  await page.focus('#scrubber');
  await page.keyboard.press('Home');
  await page.waitForSelector('#pasted');
  assert.deepEqual(await page.locator('#pasted li').allInnerTexts(), ['kubectl get pods']);
  await page.click('#pasted-drop');
  await page.waitForSelector('#pasted', { state: 'detached' });
}));

test('an object clicked with Alt types its name, and so does its button', t => open(t, {}, async page => {
  await playTo(page);
  await keys(page, 'kubectl delete pod');
  await page.click('[data-pod="demo-statefulset-1"] button, button[data-pod="demo-statefulset-1"]', { modifiers: ['Alt'] });
  await until(page, 'kubectl delete pod demo-statefulset-1');
  assert.equal(await page.locator('#inspector').count(), 0);
  await keys(page, 'kubectl get pvc');
  await page.locator('[data-claim="data-demo-statefulset-0"]').locator('xpath=descendant-or-self::button').first().press('Enter');
  await page.focus('#insert-name');
  await page.keyboard.press('Enter');
  await until(page, 'kubectl get pvc data-demo-statefulset-0');
}));

test('words are proposed to be tapped', t => open(t, { viewport: { width: 320, height: 640 }, hasTouch: true }, async page => {
  const words = () => page.locator('#terminal-words button').allInnerTexts();
  await finishBeat(page);
  await nextBeat(page);
  // What the lesson asks for comes first.
  for (const word of ['kubectl', 'create', '-f', 'demo-statefulset-headless-service.yaml'].entries()) {
    const wanted = (await words())[0];
    if (word[0] < 3) assert.equal(wanted, word[1]);
    await page.tap(`#terminal-words li:first-child button`);
    await page.waitForFunction(word => document.querySelector('#terminal-input').value.endsWith(`${word} `), wanted);
  }
  await page.tap('#terminal-run');
  await page.waitForFunction(() => document.querySelectorAll('#terminal-log > li').length === 2);
  assert.match((await printed(page)).stdout, /created/);
}));

test('what is printed can be read as a table, and much of it is summed up', t => open(t, {}, async page => {
  await playTo(page);
  await type(page, 'kubectl get pods,pvc -o wide');
  await page.click('#tables');
  await page.waitForSelector('#terminal-log table');
  const tables = await page.evaluate(() => [...document.querySelectorAll('#terminal-log > li:last-child table')]
    .map(table => [...table.rows].map(row => row.cells[0].textContent)));
  assert.deepEqual(tables, [
    ['NAME', 'pod/demo-statefulset-0', 'pod/demo-statefulset-1'],
    ['NAME', 'persistentvolumeclaim/data-demo-statefulset-0', 'persistentvolumeclaim/data-demo-statefulset-1'],
  ]);
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.evaluate(() => {
    globalThis.heard = [];
    const place = document.querySelector('#narration');
    new MutationObserver(() => globalThis.heard.push(place.textContent)).observe(place, { childList: true, characterData: true, subtree: true });
  });
  await type(page, 'kubectl get events');
  await page.waitForFunction(() => globalThis.heard.some(text => /\d+ lines printed, table with \d+ rows/.test(text)));
}));

test('a command that goes on is as it was at every frame', t => open(t, {}, async page => {
  await playTo(page);
  await type(page, 'kubectl delete pod demo-statefulset-1; kubectl rollout status sts demo-statefulset; kubectl get pods -w');
  await untilRest(page);
  const whole = (await printed(page)).stdout;
  assert.match(whole, /deleted[\s\S]*(rolling update|roll out) complete|deleted[\s\S]*NAME/);
  const { frame } = await status(page);
  assert.ok(await page.locator('#interrupt').count(), 'it goes on');
  // Back through the frames, the output only gets shorter, and forwards it is the same again.
  let length = whole.length;
  for (let back = 0; back < 12; back++) {
    await page.click('#step-back');
    await page.waitForFunction(at => +document.querySelector('[data-app]').dataset.frame === at, frame - back - 1);
    const now = (await printed(page)).stdout;
    assert.ok(whole.startsWith(now) && now.length <= length, now);
    length = now.length;
  }
  await page.click('#to-end');
  await page.waitForFunction(at => +document.querySelector('[data-app]').dataset.frame === at, frame);
  assert.equal((await printed(page)).stdout, whole);
  // On a new branch, stopped there, the old one still goes on.
  await page.click('#step-back');
  await page.waitForFunction(at => +document.querySelector('[data-app]').dataset.frame < at, frame);
  await page.focus('#terminal-input');
  await page.keyboard.press('Control+c');
  await page.waitForSelector('#interrupt', { state: 'detached' });
  assert.equal((await status(page)).branch, '1');
  await page.click('#notice button');
  await page.waitForSelector('[data-app][data-branch="0"]');
  await page.click('#to-end');
  await page.waitForSelector('#interrupt');
  assert.equal((await printed(page)).stdout, whole);
}));

for (const lang of LANGUAGES) {
  for (const [width, height] of [[320, 640], [768, 1024], [1280, 800], [1920, 1080]]) {
    test(`the terminal at ${width} px: ${lang}`, t => open(t, { lang, viewport: { width, height } }, async page => {
      await playTo(page);
      await type(page, 'kubectl get pods -o wide');
      await keys(page, 'kubectl get ', '<Tab>', '<Tab>');
      await page.waitForSelector('#terminal-choices');
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await page.waitForTimeout(500);
        assert.deepEqual(await accessibilityViolations(page), []);
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${wide} > ${width}`);
      await screenshot(page, `terminal-${lang}-${width}`);
    }));
  }
}
