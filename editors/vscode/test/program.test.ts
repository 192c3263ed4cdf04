import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { codeIn, find, type Search } from "../src/program";

/** A folder with a program in it. */
function folder(...below: string[]): string {
  const root = mkdtempSync(join(tmpdir(), "meshlint-"));
  const inner = join(root, ...below);
  mkdirSync(inner, { recursive: true });
  const program = join(inner, "meshlint");
  writeFileSync(program, "#!/bin/sh\n");
  chmodSync(program, 0o755);
  return root;
}

function search(parts: Partial<Search>): Search {
  return { setting: "", extension: "/nowhere", path: "", platform: "linux", ...parts };
}

test("the setting wins over the bundled program and the PATH", () => {
  const [set, extension, path] = [folder(), folder("bin"), folder()];
  const setting = join(set, "meshlint");
  assert.deepEqual(find(search({ setting, extension, path })), { command: setting });
});

test("the bundled program wins over the PATH", () => {
  const [extension, path] = [folder("bin"), folder()];
  assert.deepEqual(find(search({ extension, path })), { command: join(extension, "bin", "meshlint") });
});

test("the PATH is searched in order, relative folders left out", () => {
  const [first, second] = [folder(), folder()];
  assert.deepEqual(find(search({ path: `.:${first}:${second}` })), { command: join(first, "meshlint") });
});

test("a setting that leads nowhere is told and nothing else is run", () => {
  const found = find(search({ setting: "/no/such/program", path: folder() }));
  assert.ok("problem" in found && found.problem.includes("/no/such/program"));
});

test("a workspace cannot bring a program by a relative path", () => {
  assert.ok("problem" in find(search({ setting: "./meshlint", path: folder() })));
});

test("without a program the user is told how to get one", () => {
  const found = find(search({ path: "/no/such/folder" }));
  assert.ok("problem" in found && found.problem.includes("cargo binstall meshlint"));
});

test("codes are found in texts", () => {
  assert.equal(codeIn("see KIA1101: host"), "KIA1101");
  assert.equal(codeIn("KIA11011"), undefined);
});
