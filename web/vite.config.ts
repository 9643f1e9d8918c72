// Builds the page to `dist/`, which the server embeds. Addresses are relative, so that the page also works
// below a prefix of a reverse proxy.
import { defineConfig } from "vite";

const server = process.env["LEVELMAP_SERVER"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    // The content security policy allows no inline images in style sheets of ours beyond those MapLibre brings.
    assetsInlineLimit: 0,
    // MapLibre alone is about 1 MB before compression; the page's weight is held by a test, not by this warning.
    chunkSizeWarningLimit: 1400,
    modulePreload: { polyfill: false },
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  worker: { format: "es" },
  // `npm run dev` shows the page against a server started beside it.
  server: { proxy: { "/v1": server, "/tiles": server, "/page.json": server } },
});
