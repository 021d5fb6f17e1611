import { expect, test } from "vitest";
import { Looking, MOMENT, step } from "./looking";

const rows = ["nodule", "fibrosis", "effusion"].map((finding) => ({ finding, drawn: true }));
const film = (areas: number[], finding = 0) => ({
  finding,
  areas,
  visible: areas.map(() => true),
  edited: areas.map(() => false),
});

function clock() {
  let now = 0;
  return { read: () => now, wait: (ms: number) => (now += ms) };
}

test("a film that came less than a moment ago is accepted by no press", () => {
  const time = clock();
  const looking = new Looking(0, time.read);
  const state = film([0, 0, 9]);
  looking.tell(state);
  time.wait(MOMENT - 1);
  expect(step(looking.left(rows, state, {}), state.finding, looking.fresh)).toEqual({ does: "wait" });
  time.wait(1);
  expect(looking.left(rows, state, {})).toEqual([2]); // the two that are empty were seen with the film
});

test("what nobody visited is visited before anything is saved, each for a moment", () => {
  const time = clock();
  const looking = new Looking(0, time.read);
  let state = film([5, 6, 7]);
  looking.tell(state);
  time.wait(MOMENT);
  for (const bit of [1, 2]) {
    expect(step(looking.left(rows, state, {}), state.finding, looking.fresh)).toEqual({ does: "visit", bit });
    state = film([5, 6, 7], bit);
    looking.tell(state);
    expect(step(looking.left(rows, state, {}), bit, looking.fresh)).toEqual({ does: "wait" }); // the press that brought it
    time.wait(MOMENT);
  }
  expect(step(looking.left(rows, state, {}), 2, looking.fresh)).toEqual({ does: "save" });
});

test("a word or a stroke is a look; a hidden mask is none", () => {
  const time = clock();
  const looking = new Looking(0, time.read);
  const state = { ...film([5, 6, 0]), visible: [true, true, false], edited: [false, true, false] };
  looking.tell(state);
  time.wait(MOMENT);
  expect(looking.left(rows, state, { nodule: "reject" })).toEqual([2]); // not every mask was shown
  const hidden = { ...film([5, 6, 7]), visible: [false, true, true] };
  const other = new Looking(time.read(), time.read);
  other.tell(hidden);
  time.wait(2 * MOMENT);
  expect(other.left(rows, hidden, { fibrosis: "accept", effusion: "accept" })).toEqual([0]);
});

test("a stroke on a film that just came neither saves it nor leads away from it", () => {
  const time = clock();
  const looking = new Looking(0, time.read);
  const state = { ...film([5, 0, 0]), edited: [true, false, false] };
  looking.tell(state);
  time.wait(MOMENT - 1);
  expect(step(looking.left(rows, state, {}), 0, looking.fresh)).toEqual({ does: "wait" });
  time.wait(1);
  expect(step(looking.left(rows, state, {}), 0, looking.fresh)).toEqual({ does: "save" });
});

test("five empty findings are one press", () => {
  const time = clock();
  const looking = new Looking(0, time.read);
  const state = film([0, 0, 0]);
  looking.tell(state);
  time.wait(MOMENT);
  expect(step(looking.left(rows, state, {}), 0, looking.fresh)).toEqual({ does: "save" });
});

test("a film that was shown ahead has been seen since then", () => {
  const time = clock();
  time.wait(1_000);
  const looking = new Looking(500, time.read);
  const state = film([5, 0, 0]);
  looking.tell(state);
  expect(looking.left(rows, state, {})).toEqual([]);
});
