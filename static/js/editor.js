// The editor: each behaviour in its own module.
import { watchTexts } from "./texts.js";
import { watchFields } from "./fields.js";
import { watchFill } from "./fill.js";
import { watchKeys } from "./keys.js";
import { watchOutput } from "./output.js";
import { watchSign } from "./sign.js";
import { watchTiming } from "./timing.js";

const report = document.getElementById("report");
watchTiming(report);
watchTexts(report);
watchFields(report);
watchFill();
watchSign(report);
watchOutput();
watchKeys(report);
