// The client of the language server: starts `mqlrules lsp` and hands it the settings.
const { LanguageClient } = require("vscode-languageclient/node");
const vscode = require("vscode");

let client;

async function start() {
  const settings = vscode.workspace.getConfiguration("mqlrules");
  const command = settings.get("path");
  client = new LanguageClient(
    "mqlrules",
    "mqlrules",
    { command, args: ["lsp"] },
    {
      documentSelector: [{ language: "mqlrules" }],
      initializationOptions: { ...settings },
      synchronize: { configurationSection: "mqlrules" },
    },
  );
  try {
    await client.start();
  } catch {
    // What went wrong is told by the client itself.
    offerSettings(command);
  }
}

async function offerSettings(command) {
  const settings = "Open Settings";
  const chosen = await vscode.window.showErrorMessage(
    `Without \`${command} lsp\` there are colours and snippets, but nothing more. ` +
      "Install mqlrules with its extra `lsp`, or say in the settings where it is.",
    settings,
  );
  if (chosen === settings) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "mqlrules.path");
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

// The server's commands want to know of which document; its lenses and fixes say so themselves.
const ofThisFile = (command) => () => {
  const uri = vscode.window.activeTextEditor?.document.uri.toString();
  return uri && client?.isRunning() ? vscode.commands.executeCommand(command, uri) : undefined;
};

exports.activate = async (context) => {
  context.subscriptions.push(
    vscode.commands.registerCommand("mqlrules.restart", restart),
    vscode.commands.registerCommand("mqlrules.testFile", ofThisFile("mqlrules.runTests")),
    vscode.commands.registerCommand("mqlrules.mendFile", ofThisFile("mqlrules.fixAll")),
    vscode.workspace.onDidChangeConfiguration((change) =>
      change.affectsConfiguration("mqlrules.path") ? restart() : undefined,
    ),
  );
  await start();
};

exports.deactivate = stop;
