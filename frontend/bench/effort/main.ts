/** ``node effort.js FIXES SEED [CASES]``: every fix with every tool and with brush and eraser alone, and what is there drawn
 * blind (null where nothing is), as JSON lines. */

import { readFileSync } from "node:fs";
import { type Phantom, phantom, real } from "./phantoms";
import { fix, type Kit } from "./reader";
import { raiseStage } from "./stage";

raiseStage();
const [fixes, seed, file] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const lines = file ? readFileSync(file, "utf8").split("\n").filter(Boolean).slice(0, fixes) : null;
for (let n = 0; n < (lines?.length ?? fixes); n++) {
  const wrong: Phantom = lines ? real(lines[n]!) : phantom(seed, n);
  const done = (kit: Kit) => fix(wrong, kit, seed + n);
  const blind = wrong.truth.some(Boolean) ? done("blind") : null;
  process.stdout.write(`${JSON.stringify({ n, tools: done("every tool"), brush: done("brush and eraser"), blind })}\n`);
}
