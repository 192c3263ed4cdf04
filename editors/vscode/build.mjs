// Bundles the extension into one file; with --test its tests, which run in Node alone.
import { build } from "esbuild";
import { readdirSync, rmSync } from "node:fs";

const isTest = process.argv.includes("--test");
if (isTest) {
  rmSync("test-out", { recursive: true, force: true });
}
await build({
  entryPoints: isTest
    ? readdirSync("test")
        .filter((name) => name.endsWith(".test.ts"))
        .map((name) => `test/${name}`)
    : ["src/extension.ts"],
  ...(isTest ? { outdir: "test-out" } : { outfile: "dist/extension.js" }),
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  minify: !isTest,
  logLevel: "warning",
});
