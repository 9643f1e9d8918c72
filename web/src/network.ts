// Says when the network is gone, and that it is back by taking the notice away.

import type { Page, Part } from "./page.ts";
import { toolTexts } from "./texts-tools.ts";

export function networkPart(page: Page): Part {
  const gone = () => page.notice.show("network", toolTexts.offline, toolTexts.offlineDetail, null);
  addEventListener("offline", gone);
  addEventListener("online", () => page.notice.clear("network"));
  if (!navigator.onLine) gone();
  return {};
}
