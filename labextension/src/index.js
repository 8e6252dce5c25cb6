// Launcher cards and palette entries that open a copy of a flowkit notebook.
// Which notebooks there are is asked of Jupyter's server (flowkit/jupyter/serving.py), so that a new one needs no build.
import { ICommandPalette, InputDialog, Notification, showErrorMessage } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { ServerConnection } from '@jupyterlab/services';
import { LabIcon } from '@jupyterlab/ui-components';

import svgstr from './icon.js';

const CATEGORY = 'flowkit';
const OPEN = 'flowkit:open';
const TRAIN = 'flowkit:train';
const NAMES_TRIED = 100;
const icon = new LabIcon({ name: 'flowkit:flow', svgstr });

async function ask(settings, ...path) {
  const response = await ServerConnection.makeRequest(URLExt.join(settings.baseUrl, 'flowkit', ...path), {}, settings);
  if (!response.ok) {
    throw new ServerConnection.ResponseError(response);
  }
  return response.json();
}

// Rename refuses a name that is taken, so no file is written over.
async function named(contents, model, name) {
  const folder = model.path.slice(0, model.path.length - model.name.length);
  for (let number = 1; number <= NAMES_TRIED; number++) {
    try {
      return (await contents.rename(model.path, `${folder}${name}${number > 1 ? `-${number}` : ''}.ipynb`)).path;
    } catch (error) {
      if (error.response?.status !== 409) {
        break;
      }
    }
  }
  return model.path; // untitled, but there
}

async function copied({ contents, serverSettings }, name, folder) {
  const { content } = await ask(serverSettings, 'notebooks', name);
  const model = await contents.newUntitled({ path: folder, type: 'notebook' });
  try {
    await contents.save(model.path, { type: 'notebook', format: 'json', content });
  } catch (error) {
    await contents.delete(model.path);
    throw error;
  }
  return named(contents, model, name);
}

async function activate(app, palette, launcher, browser) {
  const { commands, serviceManager } = app;
  let notebooks = [];
  try {
    ({ notebooks } = await ask(serviceManager.serverSettings, 'notebooks'));
  } catch (error) {
    console.error('flowkit:', error);
    Notification.warning(
      'The flowkit notebooks cannot be offered: its part of the Jupyter server does not answer. ' +
        'Start JupyterLab with "flowkit lab", or enable it: jupyter server extension enable flowkit.jupyter'
    );
    return;
  }
  const known = name => notebooks.find(one => one.name === name);
  const training = notebooks.filter(one => one.kind === 'training');

  async function open(name, cwd) {
    try {
      const path = await copied(serviceManager, name, cwd ?? browser?.model.path ?? '');
      return await commands.execute('docmanager:open', { path, factory: 'Notebook' });
    } catch (error) {
      await showErrorMessage('The notebook could not be opened', error);
    }
  }

  commands.addCommand(OPEN, {
    icon,
    label: ({ name }) => (known(name)?.kind === 'training' ? 'Training: ' : '') + (known(name)?.label ?? 'Open a notebook'),
    caption: ({ name }) => known(name)?.question ?? '',
    execute: ({ name, cwd }) => open(name, cwd)
  });
  commands.addCommand(TRAIN, {
    icon,
    label: 'Training',
    caption: 'Practise on generated logs, with an answer key',
    execute: async ({ cwd }) => {
      const titles = training.map(one => one.question || one.label);
      const chosen = await InputDialog.getItem({ title: 'What do you want to practise?', items: titles });
      const index = chosen.button.accept ? titles.indexOf(chosen.value) : -1;
      return index < 0 ? undefined : open(training[index].name, cwd);
    }
  });

  const entries = notebooks.map(({ name }) => ({ command: OPEN, args: { name } }));
  if (training.length) {
    entries.push({ command: TRAIN, args: {} });
  }
  entries.forEach(({ command, args }, rank) => {
    palette?.addItem({ command, args, category: CATEGORY });
    if (command === TRAIN || known(args.name).kind !== 'training') {
      launcher?.add({ command, args, category: CATEGORY, rank });
    }
  });
}

export default {
  id: 'vpc-flowkit:launcher',
  description: "Opens copies of flowkit's notebooks from the launcher and the command palette.",
  autoStart: true,
  optional: [ICommandPalette, ILauncher, IDefaultFileBrowser],
  activate: (...given) => void activate(...given)
};
