/** ``node effort.js FIXES SEED``: every fix with every tool and with brush and eraser alone, as JSON lines. */

import { phantom } from "./phantoms";
import { fix } from "./reader";
import { raiseStage } from "./stage";

raiseStage();
const [fixes, seed] = [Number(process.argv[2]), Number(process.argv[3])];
for (let n = 0; n < fixes; n++) {
  const case_ = phantom(seed, n);
  const both = (["every tool", "brush and eraser"] as const).map((kit) => fix(case_, kit, seed + n));
  process.stdout.write(`${JSON.stringify({ n, tools: both[0], brush: both[1] })}\n`);
}
