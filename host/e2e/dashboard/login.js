// Signs in to the dashboard of a daemon that wants a token. Arguments: address, Chromium, token.

import { createRequire } from 'node:module';
import { join } from 'node:path';

const { chromium } = createRequire(join(process.env.WEIR_MODULES, 'x.js'))('playwright-core');
const [address, executablePath, token] = process.argv.slice(2);

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(20000);
  await page.goto(`${address}/#/plugins`);
  const badge = page.locator('#live'), field = page.getByLabel('Token');
  await field.waitFor();
  await page.getByText('not signed in').waitFor();
  await field.fill('not-the-token-at-all');
  await page.getByRole('button', { name: 'Enter' }).click();
  await page.getByText('this token is none of http.tokens').waitFor();
  await page.waitForTimeout(3000); // the stream is refused again meanwhile
  if (await badge.textContent() !== 'not signed in') throw new Error(`the badge says ${await badge.textContent()}`);
  await field.fill(token);
  await page.getByRole('button', { name: 'Enter' }).click();
  await page.locator('#live.good').waitFor();
  await page.getByRole('heading', { name: 'Plugins' }).waitFor();
  if (await badge.textContent() !== 'live') throw new Error(`the badge says ${await badge.textContent()}`);
  console.log('done');
} finally {
  await browser.close();
}
