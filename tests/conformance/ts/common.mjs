// What every script here does: take what the test says, and answer with one line of JSON.

import { createWalletClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";

export const said = JSON.parse(process.argv[2]);

// A wallet that signs; it is never asked to send anything to a chain.
export function wallet(key) {
  return createWalletClient({
    account: privateKeyToAccount(key),
    transport: http("http://127.0.0.1:1"),
  });
}

export async function answer(work) {
  try {
    const told = JSON.stringify(await work());
    process.stdout.write(`${told}\n`, () => process.exit(0));
  } catch (error) {
    // The packages are minified: a stack shows whole files.
    const why = [error, error.cause].filter(Boolean).map((one) => `${one.name}: ${one.message}`);
    process.stderr.write(`${why.join("\n")}\n`, () => process.exit(1));
  }
}

export async function until(holds) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const found = await holds();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within 60 s: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
