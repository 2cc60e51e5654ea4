// Looks at the dashboard of a running `weir demo` as a person would, step by step. Arguments: address, folder for screenshots, Chromium, and
// the process id of the trading monitor. Prints a line a step; whatever is not seen in time ends it with an error.

import { createRequire } from 'node:module';
import { join } from 'node:path';

// The packages lie in a folder outside of the checkout.
const { chromium } = createRequire(join(process.env.WEIR_MODULES, 'x.js'))('playwright-core');
const [address, folder, executablePath, pid] = process.argv.slice(2);

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
const page = await context.newPage();
const complaints = [];
page.on('pageerror', (e) => complaints.push(`error in the page: ${e.message}`));
page.on('console', (m) => {
  // What the cut of a stream makes the browser say by itself is no complaint.
  if (m.type() === 'error' && !/ERR_|Failed to load resource/.test(m.text())) complaints.push(`console: ${m.text()}`);
});
page.on('request', (r) => { if (!r.url().startsWith(address) && !r.url().startsWith('data:')) complaints.push(`it asks elsewhere: ${r.url()}`); });
page.setDefaultTimeout(60000); // longer than from one cut to the next

const step = async (name, look) => {
  const began = Date.now();
  await look();
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  console.log(`${name}: seen after ${Date.now() - began} ms`);
};
const rows = () => page.locator('main tbody tr[data-key]');
const until = async (what, ok, limit = 60000) => {
  for (const end = Date.now() + limit; Date.now() < end;) {
    if (await ok()) return;
    await page.waitForTimeout(100);
  }
  throw new Error(`not within ${limit} ms: ${what}`);
};

try {
  await step('tokens', async () => {
    await page.goto(`${address}/`);
    await page.locator('#live.good').waitFor();
    await rows().first().waitFor();
    const before = await rows().evaluateAll((all) => all.map((r) => r.textContent).join('\n'));
    await until('the table lives', async () => await rows().evaluateAll((all) => all.map((r) => r.textContent).join('\n')) !== before);
    await page.locator('main svg.spark').first().waitFor();
  });
  await step('search', async () => {
    const symbol = await rows().first().locator('a').textContent();
    await page.getByLabel('Search').fill(symbol);
    await until('only what begins so', async () => (await rows().locator('td:first-child a').allTextContents()).every((t) => t.toLowerCase().startsWith(symbol.toLowerCase())));
    await page.getByLabel('Search').fill('');
    await page.getByLabel('Show').selectOption('graduated');
    await until('only graduated tokens', async () => {
      const phases = await rows().locator('td[data-name=Phase]').allTextContents();
      return phases.length > 0 && phases.every((p) => p === 'migrated');
    });
    await page.getByLabel('Show').selectOption('near_graduation');
    await until('only tokens near graduation', async () => (await rows().locator('td[data-name=Phase]').allTextContents()).every((p) => p === 'trading' || p === 'created' || p === 'completed'));
  });
  await step('token', async () => {
    await page.getByLabel('Show').selectOption('active');
    await until('rows', async () => (await rows().count()) > 5);
    // By keyboard: focus, and Enter.
    await rows().first().locator('a').focus();
    await page.keyboard.press('Enter');
    await page.locator('#chart canvas').first().waitFor();
    await page.getByRole('heading', { name: 'Trades' }).waitFor();
    await until('trades', async () => (await rows().count()) > 0);
    const drawn = await page.locator('#chart canvas').evaluateAll((all) => all.some((c) => {
      if (!c.width || !c.height) return false;
      return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 === 3 && v > 0);
    }));
    if (!drawn) throw new Error('the chart is empty');
  });
  await step('signals', async () => {
    await page.getByRole('link', { name: 'Signals' }).click();
    await until('a signal', async () => (await rows().count()) > 0);
  });
  await step('plugins', async () => {
    await page.getByRole('link', { name: 'Plugins', exact: true }).click();
    await until('three live plugins', async () => (await page.locator('main .badge.good').count()) === 3);
  });
  await step('plugin-killed', async () => {
    process.kill(Number(pid), 'SIGKILL');
    await page.locator('tr[data-key=trading] .badge.bad').waitFor();
    if (await page.locator('tr[data-key=lifecycle] .badge.good').count() !== 1) throw new Error('another plugin fell too');
  });
  await step('plugin-back', async () => {
    await page.locator('tr[data-key=trading] .badge.good').waitFor();
    await page.locator('tr[data-key=trading] td[data-name="Last crash"]', { hasText: 'signal' }).waitFor();
    await page.getByRole('link', { name: 'trading' }).click();
    await page.getByRole('heading', { name: 'Log' }).waitFor();
  });
  await step('connection-cut', async () => {
    await page.getByRole('link', { name: 'Stream' }).click();
    await page.locator('tr[data-key^="connection"] .badge.warn').first().waitFor();
  });
  await step('alert-fires', async () => {
    await page.locator('#firing:not([hidden])').waitFor();
    await page.getByRole('link', { name: /Alerts/ }).click();
    await page.locator('tr[data-key="connection_lost firing"]').first().waitFor();
  });
  await step('connection-back', async () => {
    await page.getByRole('link', { name: 'Stream' }).click();
    await until('all connections stream', async () => (await page.locator('tr[data-key^="connection"] .badge.good').count()) === (await page.locator('tr[data-key^="connection"]').count()));
    await page.locator('.strip .complete').first().waitFor();
  });
  await step('alert-over', async () => {
    await page.getByRole('link', { name: /Alerts/ }).click();
    await page.locator('tr[data-key="connection_lost resolved"]').first().waitFor();
  });
  for (const [width, scheme] of [[390, 'light'], [390, 'dark'], [1280, 'dark']]) {
    await page.setViewportSize({ width, height: 844 });
    await page.emulateMedia({ colorScheme: scheme });
    for (const view of ['tokens', 'signals', 'stream', 'plugins', 'alerts']) {
      await step(`${view}-${width}-${scheme}`, async () => {
        await page.goto(`${address}/#/${view}`);
        await page.locator('main h1').waitFor();
        await page.waitForTimeout(300);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (over > 0) throw new Error(`the page is ${over} px wider than the screen of ${width}`);
      });
    }
  }
  if (complaints.length) throw new Error(complaints.join('\n'));
  console.log('done');
} catch (error) {
  await page.screenshot({ path: join(folder, 'failed.png'), fullPage: true }).catch(() => {});
  console.error(error.message, complaints.join('\n'));
  process.exitCode = 1;
} finally {
  await browser.close();
}
