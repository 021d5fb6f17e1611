/** What the server sends: a 16-byte little-endian header (magic, width, height, n, 0), then raw pixels. */

export interface Film {
  width: number;
  height: number;
  data: Uint8Array | Uint16Array;
}

/** 8-bit probability maps, one plane a finding: value / 255 = P. */
export interface Maps {
  width: number;
  height: number;
  planes: Uint8Array[];
}

export function parseFilm(buffer: ArrayBuffer): Film {
  const { width, height, n } = header(buffer, "OVR1");
  const bytes = width * height * (n / 8);
  if ((n !== 8 && n !== 16) || buffer.byteLength !== 16 + bytes) throw new Error("The film is cut short.");
  return { width, height, data: n === 8 ? new Uint8Array(buffer, 16) : new Uint16Array(buffer, 16) };
}

export function parseMaps(buffer: ArrayBuffer): Maps {
  const { width, height, n } = header(buffer, "OVP1");
  const plane = width * height;
  if (buffer.byteLength !== 16 + plane * n) throw new Error("The probability maps are cut short.");
  return { width, height, planes: Array.from({ length: n }, (_, i) => new Uint8Array(buffer, 16 + i * plane, plane)) };
}

function header(buffer: ArrayBuffer, magic: string): { width: number; height: number; n: number } {
  const view = new DataView(buffer);
  const found = buffer.byteLength < 16 ? "" : String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  if (found !== magic) throw new Error(`These bytes are not ${magic}.`);
  return { width: view.getUint32(4, true), height: view.getUint32(8, true), n: view.getUint16(12, true) };
}

/** A probability plane at the film's size, bilinear with pixel centres aligned, as the server resizes it. */
export function enlarge(plane: Uint8Array, from: Maps, width: number, height: number): Uint8Array {
  if (from.width === width && from.height === height) return plane;
  const out = new Uint8Array(width * height);
  const columns = taps(from.width, width);
  const rows = taps(from.height, height);
  for (let y = 0; y < height; y++) {
    const a = rows.low[y]! * from.width;
    const b = rows.high[y]! * from.width;
    const fy = rows.share[y]!;
    for (let x = 0; x < width; x++) {
      const l = columns.low[x]!;
      const h = columns.high[x]!;
      const fx = columns.share[x]!;
      const top = plane[a + l]! * (1 - fx) + plane[a + h]! * fx;
      const low = plane[b + l]! * (1 - fx) + plane[b + h]! * fx;
      out[y * width + x] = Math.round(top * (1 - fy) + low * fy);
    }
  }
  return out;
}

function taps(from: number, to: number): { low: Int32Array; high: Int32Array; share: Float32Array } {
  const low = new Int32Array(to);
  const high = new Int32Array(to);
  const share = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    const at = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    low[i] = Math.floor(at);
    high[i] = Math.min(from - 1, low[i]! + 1);
    share[i] = at - low[i]!;
  }
  return { low, high, share };
}
