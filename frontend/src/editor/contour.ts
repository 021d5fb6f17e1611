/** The border of a mask along its pixels' edges, as an SVG path: filled by even-odd it is the mask, bit for bit. */

const STEP = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/** Closed polygons around what ``inside`` marks (row-major, height × width); "" for nothing. Holes run the other way. */
export function contour(inside: ArrayLike<number | boolean>, width: number, height: number): string {
  const edges = edgesOf(inside, width, height);
  const parts: string[] = [];
  for (let corner = 0; corner < edges.length; corner++) {
    while (edges[corner]) parts.push(walk(edges, corner, width + 1));
  }
  return parts.join("");
}

/** At each corner of the pixel grid a bit for each edge that leaves it (right, down, left, up), the mask on its right. */
function edgesOf(inside: ArrayLike<number | boolean>, width: number, height: number): Uint8Array {
  const stride = width + 1;
  const edges = new Uint8Array(stride * (height + 1));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      if (!inside[at]) continue;
      const corner = y * stride + x;
      if (y === 0 || !inside[at - width]) edges[corner]! |= 1;
      if (x === width - 1 || !inside[at + 1]) edges[corner + 1]! |= 2;
      if (y === height - 1 || !inside[at + width]) edges[corner + stride + 1]! |= 4;
      if (x === 0 || !inside[at - 1]) edges[corner + stride]! |= 8;
    }
  }
  return edges;
}

/** One polygon from a corner back to it, its edges taken away. Where two regions touch it turns right: they stay two. */
function walk(edges: Uint8Array, start: number, stride: number): string {
  const begin = { x: start % stride, y: Math.floor(start / stride) };
  let path = `M${begin.x} ${begin.y}`;
  let [x, y] = [begin.x, begin.y];
  let direction = -1;
  for (;;) {
    const corner = y * stride + x;
    const leaving = edges[corner]!;
    const next = turnOf(leaving, direction);
    if (next < 0) return `${path}Z`;
    if (next !== direction && direction >= 0) path += direction % 2 ? `V${y}` : `H${x}`;
    edges[corner] = leaving & ~(1 << next);
    direction = next;
    x += STEP[next]![0];
    y += STEP[next]![1];
    if (x === begin.x && y === begin.y && !(edges[start]! & (1 << ((direction + 1) % 4)))) return `${path}Z`;
  }
}

function turnOf(leaving: number, direction: number): number {
  if (direction < 0) return [0, 1, 2, 3].find((one) => leaving & (1 << one)) ?? -1;
  return [1, 0, 3, 2].map((turn) => (direction + turn) % 4).find((one) => leaving & (1 << one)) ?? -1;
}
