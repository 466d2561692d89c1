// What other tools use of this folder.

export { addonName, PrepareError, prepare, prepareOrExit } from './prepare.mjs';
