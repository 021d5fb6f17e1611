/** The three programs of the WebGL2 renderer. Screen and film have their first row on top; WebGL's is at the bottom. */

const HEAD = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
precision highp usampler2D;
`;

/** One triangle over all that is drawn on. */
const ALL = `${HEAD}
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3 : -1, gl_VertexID == 2 ? 3 : -1, 0, 1);
}`;

/** From raw values to greys behind a window, pixel by pixel of the film. */
export const EXPOSE = {
  vertex: ALL,
  fragment: `${HEAD}
uniform usampler2D raw;
uniform float low, gain;
uniform bool invert;
out vec4 grey;
void main() {
  float value = float(texelFetch(raw, ivec2(gl_FragCoord.xy), 0).r);
  float share = clamp((value - low) * gain, 0.0, 1.0);
  grey = vec4(invert ? 1.0 - share : share);
}`,
};

/** The film's greys as canvas2D smooths them (Mitchell's cubic where it is enlarged), and the bytes' colours on top. */
export const FILM = {
  vertex: ALL,
  fragment: `${HEAD}
uniform sampler2D greys, colours;
uniform usampler2D bytes;
uniform vec2 size, corner;
uniform float top, scale, smoothest;
uniform vec3 nowhere;
uniform bool tinted;
out vec4 shown;

vec4 mitchell(float t) {
  vec4 d = vec4(1.0 + t, t, 1.0 - t, 2.0 - t);
  vec4 near = (7.0 * d * d * d - 12.0 * d * d + 16.0 / 3.0) / 6.0;
  vec4 far = (-7.0 / 3.0 * d * d * d + 12.0 * d * d - 20.0 * d + 32.0 / 3.0) / 6.0;
  return vec4(far.x, near.y, near.z, far.w);
}

float cubic(vec2 at) {
  vec2 from = floor(at - 0.5);
  vec2 t = at - 0.5 - from;
  vec4 wx = mitchell(t.x), wy = mitchell(t.y);
  ivec2 last = ivec2(size) - 1;
  float sum = 0.0;
  for (int y = 0; y < 4; y++) {
    for (int x = 0; x < 4; x++) {
      ivec2 texel = clamp(ivec2(from) + ivec2(x - 1, y - 1), ivec2(0), last);
      sum += wx[x] * wy[y] * texelFetch(greys, texel, 0).r;
    }
  }
  return clamp(sum, 0.0, 1.0);
}

float greyAt(vec2 at) {
  if (scale >= smoothest) return texelFetch(greys, ivec2(at), 0).r;
  if (scale > 1.0) return cubic(at);
  return textureLod(greys, at / size, -log2(scale)).r;
}

void main() {
  vec2 at = (vec2(gl_FragCoord.x, top - gl_FragCoord.y) - corner) / scale;
  if (any(lessThan(at, vec2(0))) || any(greaterThanEqual(at, size))) {
    shown = vec4(nowhere, 1);
    return;
  }
  vec3 colour = vec3(greyAt(at));
  if (tinted) {
    uint value = texelFetch(bytes, ivec2(at), 0).r;
    vec4 tint = texelFetch(colours, ivec2(value, 0), 0);
    colour = mix(colour, tint.rgb, tint.a);
  }
  shown = vec4(colour, 1);
}`,
};

/** Edges of masks as lines of one width at every zoom: four corners around each, a rhythm where a line is broken. */
export const EDGES = {
  vertex: `${HEAD}
layout(location = 0) in vec4 ends;
layout(location = 1) in uint finding;
uniform vec2 screen, corner;
uniform float scale;
uniform vec4 lines[8]; // red, green, blue, width in screen pixels: 0 is not drawn
uniform uint ghosts;
out vec4 colour;
out float along; // screen pixels from the edge's begin, -1 where the line is whole
void main() {
  vec4 line = lines[finding];
  bool ghost = (ghosts >> finding & 1u) == 1u;
  vec2 way = normalize(ends.zw - ends.xy);
  bool end = gl_VertexID > 1;
  float side = gl_VertexID % 2 == 0 ? -0.5 : 0.5;
  vec2 at = (end ? ends.zw : ends.xy) * scale + corner + vec2(-way.y, way.x) * side * line.w;
  along = ghost ? (end ? distance(ends.xy, ends.zw) * scale : 0.0) : -1.0;
  colour = vec4(line.rgb, ghost ? 0.45 : 1.0);
  gl_Position = vec4(at.x / screen.x * 2.0 - 1.0, 1.0 - at.y / screen.y * 2.0, 0, 1);
}`,
  fragment: `${HEAD}
in vec4 colour;
in float along;
out vec4 shown;
void main() {
  if (along >= 0.0 && mod(along, 8.0) >= 2.0) discard;
  shown = colour;
}`,
};
