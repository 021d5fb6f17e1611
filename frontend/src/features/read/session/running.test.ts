import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { api } from "../../../api/client";
import { waiting } from "./outbox";
import { Running } from "./running";
import { caseOf } from "./testing";

const shown: number[] = [];
let leave: (() => void) | null = null;

beforeEach(() => {
  localStorage.clear();
  shown.length = 0;
});
afterEach(() => {
  leave?.();
  vi.restoreAllMocks();
});

/** A server of three films; ``reads`` says how it answers a read. */
function serve(reads: () => [number, unknown] = () => [200, { version: 1, sibling: false, masks: {} }]) {
  const asked: string[] = [];
  let next = 7;
  const reply = (status: number, body: unknown): never => {
    const response = new Response(JSON.stringify(body), { status });
    return { response, ...(status < 300 ? { data: body } : { error: body }) } as never;
  };
  vi.spyOn(api, "POST").mockImplementation(
    async (path: string, options: { params?: { path?: { case_id?: number } } } = {}) => {
      const id = options.params?.path?.case_id;
      asked.push(`${path.split("/").at(-1)} ${id ?? ""}`.trim());
      if (path.endsWith("/reads")) return reply(...reads());
      if (path.endsWith("/claim")) return reply(200, caseOf(id ?? next++));
      return reply(204, null);
    },
  );
  vi.spyOn(api, "GET").mockImplementation(async () =>
    reply(
      200,
      [7, 8, 9].map((id) => ({ id, position: id, leased: id === 8 })),
    ),
  );
  return asked;
}

async function start(asked: number | null = null): Promise<Running> {
  const running = new Running(3, asked, (caseId) => shown.push(caseId));
  leave = running.live();
  running.tell({ type: "reader", reader: 1 });
  await atRest(running);
  return running;
}

function atRest(running: Running): Promise<void> {
  return vi.waitFor(() => expect(running.now().busy).toBe(false));
}

const PRESS = { type: "submit", read: [], given: {}, seconds: 1, ahead: null } as const;

test("a read is sent before the next case is claimed, and the address follows", async () => {
  const asked = serve();
  const running = await start();
  running.tell({ ...PRESS, read: [] });
  running.tell({ ...PRESS, read: [] });
  await atRest(running);
  expect(asked).toEqual(["claim", "reads 7", "claim"]);
  expect(shown).toEqual([7, 8]);
  expect(running.now()).toMatchObject({ saving: "saved", opened: { told: { id: 8 } } });
  expect(waiting(1)).toEqual([]);
});

test("a read that the server does not answer stays in the outbox, and nothing is claimed", async () => {
  let up = false;
  const asked = serve(() => (up ? [200, { version: 1, sibling: false, masks: {} }] : [503, {}]));
  const running = await start();
  running.tell({ ...PRESS, read: [] });
  await atRest(running);
  expect(running.now()).toMatchObject({ saving: "waiting", opened: { told: { id: 7 } } });
  expect(asked).toEqual(["claim", "reads 7"]);
  up = true;
  running.tell({ type: "again" });
  await atRest(running);
  expect(asked).toEqual(["claim", "reads 7", "reads 7", "claim"]);
});

test("a press as the page is left is in the outbox all the same; nothing is claimed for a page that is gone", async () => {
  const asked = serve();
  const running = await start();
  running.tell({ ...PRESS, read: [] });
  leave?.();
  await vi.waitFor(() => expect(waiting(1)).toHaveLength(1));
  expect(asked).toEqual(["claim"]);
});

test("along the worklist, past films of others; what nobody worked on is handed back", async () => {
  const asked = serve();
  const running = await start(7);
  running.tell({ type: "walk", by: 1 });
  await atRest(running);
  expect(asked).toEqual(["claim 7", "release 7", "claim 9"]);
  expect(running.now()).toMatchObject({ left: null, wanted: 9 });
  running.tell({ type: "walk", by: 1 });
  await atRest(running);
  expect(asked.slice(3)).toEqual(["release 9", "claim 9"]); // the last one: it is opened again
});

test("two tabs at one case hear of each other", async () => {
  serve();
  const one = await start(7);
  const other = new Running(3, 7, () => undefined);
  const away = other.live();
  other.tell({ type: "reader", reader: 1 });
  await atRest(other);
  expect(one.now().company).toBe("nobody"); // the same page hears nothing of itself
  const channel = new BroadcastChannel("overread-reading");
  channel.postMessage({ page: "another", reader: 1, caseId: 7, says: "opened" });
  await vi.waitFor(() => expect(one.now().company).toBe("elsewhere"));
  channel.postMessage({ page: "another", reader: 1, caseId: 8, says: "here" });
  channel.postMessage({ page: "another", reader: 1, caseId: 7, says: "here" });
  await vi.waitFor(() => expect(one.now().company).toBe("cameLater"));
  one.tell({ type: "walk", by: 1 });
  await atRest(one);
  channel.postMessage({ page: "another", reader: 1, caseId: 7, says: "opened" });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(one.now()).toMatchObject({ wanted: 9, company: "nobody" }); // it is not there any more
  channel.close();
  away();
});
