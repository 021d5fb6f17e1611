/** ``node effort.js FIXES SEED [CASES]``: every fix with every tool and with brush and eraser alone, as JSON lines. */

import { readFileSync } from "node:fs";
import { type Phantom, phantom, real } from "./phantoms";
import { fix } from "./reader";
import { raiseStage } from "./stage";

raiseStage();
const [fixes, seed, file] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const lines = file ? readFileSync(file, "utf8").split("\n").filter(Boolean).slice(0, fixes) : null;
for (let n = 0; n < (lines?.length ?? fixes); n++) {
  const wrong: Phantom = lines ? real(lines[n]!) : phantom(seed, n);
  const both = (["every tool", "brush and eraser"] as const).map((kit) => fix(wrong, kit, seed + n));
  process.stdout.write(`${JSON.stringify({ n, tools: both[0], brush: both[1] })}\n`);
}
