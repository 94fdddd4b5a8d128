// The terminal: the real program's answers, whatever is typed.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { open, playTo, states, status, type } from './app.mjs';
import { closeBrowser, screenshot } from './browser.mjs';

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
