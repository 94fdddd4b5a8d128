// Calls one exported function of a plain wasm module, without a browser and without glue:
//
//   node probe.mjs MODULE.wasm FUNCTION [U64…]
//
// Prints the result, a u64 in decimal, and the milliseconds that the call took.

import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';

const [file, name, ...words] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(await readFile(file), {});
const call = instance.exports[name];
if (!call) throw new Error(`${file} exports no ${name}`);

const start = performance.now();
const result = call(...words.map(BigInt));
const time = performance.now() - start;
console.log(BigInt.asUintN(64, result).toString(), time.toFixed(1));
