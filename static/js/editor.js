// The editor: each behaviour in its own module.
import { watchTexts } from "./texts.js";
import { watchFields } from "./fields.js";
import { watchFill } from "./fill.js";
import { watchHints } from "./hints.js";
import { watchJump } from "./jump.js";
import { watchKeys } from "./keys.js";
import { watchMacros } from "./macros.js";
import { watchNext } from "./next.js";
import { watchOutput } from "./output.js";
import { watchReading } from "./reading.js";
import { watchSign } from "./sign.js";
import { watchTiming } from "./timing.js";
import { watchUndo } from "./undo.js";

const report = document.getElementById("report");
watchTiming(report);
watchTexts(report);
watchFields(report);
watchFill();
watchSign(report);
watchOutput();
watchReading(report);
watchUndo(report);
watchMacros(report);
watchJump();
watchNext();
watchHints();
watchKeys(report);
