// Everything here is a courtesy: each page works without it. One module per behaviour; each looks
// for its own data attributes and does nothing where there are none.
import { startAutosave } from './autosave.js';
import { startErrorSummary } from './error-summary.js';
import { startFigureKeys } from './figure-keys.js';
import { startLineCounters } from './line-counter.js';
import { startMenus } from './menu.js';
import { startPresses } from './press.js';
import { startRowKeys } from './row-keys.js';
import { startSelectFilters } from './select-filter.js';
import { startSubmitOnce } from './submit-once.js';
import { startTableFrames } from './table-frame.js';
import { startUnsavedGuard } from './unsaved-guard.js';
import { startWorkbench } from './workbench.js';

startErrorSummary();
startMenus();
startLineCounters();
startSelectFilters();
startFigureKeys();
startPresses();
startSubmitOnce();
startUnsavedGuard();
startAutosave();
startTableFrames();
startRowKeys();
startWorkbench();
