// Starts `meshlint lsp` and speaks the Language Server Protocol with it.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions } from "vscode-languageclient/node";
import { codeIn, find } from "./program";

const run = promisify(execFile);
const LARGEST_OUTPUT = 256 * 1024 * 1024;

let client: LanguageClient | undefined;
let output: vscode.OutputChannel;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  output = vscode.window.createOutputChannel("meshlint");
  const command = (name: string, action: () => unknown) =>
    vscode.commands.registerCommand(`meshlint.${name}`, action);
  context.subscriptions.push(
    output,
    command("restart", () => restart(context)),
    command("showOutput", () => output.show()),
    command("graph", () => showGraph(context)),
    command("explain", () => explain(context)),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (["path", "args"].some((key) => change.affectsConfiguration(`meshlint.${key}`))) {
        void restart(context);
      }
    }),
  );
  await start(context);
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

/** The program to run; tells the user where there is none. Nothing runs in a workspace without trust. */
function program(context: vscode.ExtensionContext): string | undefined {
  if (!vscode.workspace.isTrusted) {
    return undefined;
  }
  const found = find({
    setting: vscode.workspace.getConfiguration("meshlint").get<string>("path", "").trim(),
    extension: context.extensionPath,
    path: process.env["PATH"] ?? "",
    platform: process.platform,
  });
  if ("command" in found) {
    return found.command;
  }
  output.appendLine(found.problem);
  void vscode.window.showErrorMessage(found.problem, "Open Settings").then((choice) => {
    if (choice !== undefined) {
      void vscode.commands.executeCommand("workbench.action.openSettings", "meshlint.path");
    }
  });
  return undefined;
}

async function start(context: vscode.ExtensionContext): Promise<void> {
  const command = program(context);
  if (command === undefined) {
    return;
  }
  const args = vscode.workspace.getConfiguration("meshlint").get<string[]>("args", []);
  const options: LanguageClientOptions = {
    documentSelector: [
      { scheme: "file", language: "yaml" },
      { scheme: "file", language: "helm" },
      { scheme: "untitled", language: "yaml" },
    ],
    outputChannel: output,
    traceOutputChannel: output,
  };
  const started = new LanguageClient("meshlint", "meshlint", { command, args: ["lsp", ...args] }, options);
  client = started;
  try {
    await started.start();
  } catch (error) {
    output.appendLine(`${command} cannot be started: ${String(error)}`);
    void vscode.window.showErrorMessage(`meshlint cannot be started: ${String(error)}`);
  }
}

async function restart(context: vscode.ExtensionContext): Promise<void> {
  const old = client;
  client = undefined;
  await old?.stop().catch((error: unknown) => output.appendLine(String(error)));
  await start(context);
}

/** Runs a subcommand and gives what it prints. */
async function ask(context: vscode.ExtensionContext, args: string[]): Promise<string | undefined> {
  const command = program(context);
  if (command === undefined) {
    return undefined;
  }
  const cwd = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  try {
    const { stdout } = await run(command, args, { cwd, maxBuffer: LARGEST_OUTPUT });
    return stdout;
  } catch (error) {
    output.appendLine(`meshlint ${args.join(" ")}: ${String(error)}`);
    void vscode.window.showErrorMessage(`meshlint ${args[0]} failed; see the output`);
    return undefined;
  }
}

/** Shows the graph of the first folder. The page brings all it needs and asks the network for nothing. */
async function showGraph(context: vscode.ExtensionContext): Promise<void> {
  const page = await ask(context, ["graph", "--format", "html", "."]);
  if (page === undefined) {
    return;
  }
  const panel = vscode.window.createWebviewPanel(
    "meshlint.graph",
    "meshlint graph",
    vscode.ViewColumn.Beside,
    { enableScripts: true, localResourceRoots: [], retainContextWhenHidden: true },
  );
  panel.webview.html = page;
}

/** Explains the code at the cursor, or one that the user names. */
async function explain(context: vscode.ExtensionContext): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const here = editor && vscode.languages
    .getDiagnostics(editor.document.uri)
    .find((found) => found.source === "meshlint" && found.range.contains(editor.selection.active));
  const known = here && codeIn(typeof here.code === "object" ? String(here.code.value) : String(here.code));
  const code =
    known ?? (await vscode.window.showInputBox({ prompt: "A code, such as KIA1101, or the name of a rule" }));
  if (code === undefined || code.trim() === "") {
    return;
  }
  const page = await ask(context, ["explain", "--", code.trim()]);
  if (page !== undefined) {
    const document = await vscode.workspace.openTextDocument({ language: "markdown", content: page });
    await vscode.commands.executeCommand("markdown.showPreview", document.uri);
  }
}
