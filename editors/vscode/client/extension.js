// The client of the language server: starts `mqlrules lsp` and hands it the settings.
const { LanguageClient } = require("vscode-languageclient/node");
const vscode = require("vscode");

let client;

async function start() {
  const command = vscode.workspace.getConfiguration("mqlrules").get("path");
  client = new LanguageClient(
    "mqlrules",
    "mqlrules",
    { command, args: ["lsp"] },
    { documentSelector: [{ language: "mqlrules" }], synchronize: { configurationSection: "mqlrules" } },
  );
  try {
    await client.start();
  } catch (error) {
    const settings = "Open Settings";
    const chosen = await vscode.window.showErrorMessage(
      `\`${command} lsp\` could not be started (${error.message}). Highlighting works without it. ` +
        "Install mqlrules with its extra `lsp`, or say in the settings where it is.",
      settings,
    );
    if (chosen === settings) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "mqlrules.path");
    }
  }
}

async function stop() {
  const running = client;
  client = undefined;
  // A server that never started can't be stopped.
  if (running?.isRunning()) {
    await running.stop();
  }
}

async function restart() {
  await stop();
  await start();
}

exports.activate = async (context) => {
  context.subscriptions.push(
    vscode.commands.registerCommand("mqlrules.restart", restart),
    vscode.workspace.onDidChangeConfiguration((change) =>
      change.affectsConfiguration("mqlrules.path") ? restart() : undefined,
    ),
  );
  await start();
};

exports.deactivate = stop;
