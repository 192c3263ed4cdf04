// Which program is run, and how. Knows nothing of the editor, so that it can be tested without one.
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/** What the search for the program looks at. */
export interface Search {
  /** The setting `meshlint.path`. */
  setting: string;
  /** The folder of the extension. */
  extension: string;
  /** The variable PATH. */
  path: string;
  /** The platform, as Node calls it. */
  platform: NodeJS.Platform;
}

/** The program, or why there is none. */
export type Program = { command: string } | { problem: string };

/** How people get the program. */
export const INSTALL =
  "Install it with `cargo binstall meshlint`, from a release, or set `meshlint.path`.";

/**
 * Finds the program: by the setting, else the one that comes with the extension, else on the PATH.
 * A setting that leads nowhere is a problem and not a reason to look further.
 */
export function find(search: Search): Program {
  const name = search.platform === "win32" ? "meshlint.exe" : "meshlint";
  if (search.setting !== "") {
    const candidate = isAbsolute(search.setting)
      ? search.setting
      : onPath(search.setting, search);
    return candidate !== undefined && isProgram(candidate)
      ? { command: candidate }
      : { problem: `meshlint.path is ${search.setting}, which is no program. ${INSTALL}` };
  }
  const bundled = join(search.extension, "bin", name);
  if (isProgram(bundled)) {
    return { command: bundled };
  }
  const command = onPath(name, search);
  return command !== undefined
    ? { command }
    : { problem: `meshlint is not installed. ${INSTALL}` };
}

/** Looks a name up on the PATH. A name with a slash is none, so that no workspace can bring a program. */
function onPath(name: string, search: Search): string | undefined {
  if (name.includes("/") || name.includes("\\")) {
    return undefined;
  }
  const folders = search.path.split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** A code such as KIA1101 or MESH0004 that stands in a text. */
export function codeIn(text: string): string | undefined {
  return /\b(?:KIA|IST|MESH)\d{4}\b/.exec(text)?.[0];
}
