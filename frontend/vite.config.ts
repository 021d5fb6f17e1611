import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const MANTINE_CLASS = /\bm_[0-9a-f]{6,8}\b/g;

/** The build fails where a component of Mantine has no styles: `src/mantine.css` names those that we use, no more. */
function dressed(): Plugin {
  return {
    name: "dressed",
    generateBundle(_, bundle) {
      const files = Object.values(bundle);
      const classes = (text: string): string[] => text.match(MANTINE_CLASS) ?? [];
      const there = new Set(files.flatMap((file) => (file.type === "asset" ? classes(String(file.source)) : [])));
      const bare = files
        .flatMap((file) => (file.type === "chunk" ? classes(file.code) : []))
        .filter((name) => !there.has(name));
      if (bare.length)
        this.error(`No styles for ${[...new Set(bare)].join(", ")}: import the component's in src/mantine.css.`);
    },
  };
}

export default defineConfig({
  plugins: [react(), dressed()],
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
  build: { target: "es2022", chunkSizeWarningLimit: 600 },
  test: { environment: "happy-dom", include: ["{src,bench}/**/*.test.{ts,tsx}"] },
});
