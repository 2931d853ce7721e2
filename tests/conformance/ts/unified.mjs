// The unified client of TypeScript: reads, orders, and both channels.

import { createPublicClient, createSecureClient, forkEnvironmentConfig } from "@polymarket/client";
import { privateKey } from "@polymarket/client/viem";
import { privateKeyToAccount } from "viem/accounts";
import { answer, said, until } from "./common.mjs";

const environment = forkEnvironmentConfig({
  name: "outcry",
  chainId: said.chain_id,
  clob: {
    rest: said.host,
    market: { ws: `${said.feeds}/ws/market` },
    user: { ws: `${said.feeds}/ws/user` },
  },
  gamma: { rest: `${said.host}/gamma` },
});

async function trader(key) {
  const wallet = privateKeyToAccount(key).address;
  return createSecureClient({ environment, wallet, signer: privateKey(key) });
}

// Keeps what a subscription says, for as long as the script runs.
function heard(handle) {
  const events = [];
  (async () => {
    for await (const event of handle) events.push(event);
  })();
  return events;
}

async function first(pages) {
  return (await pages.firstPage()).items;
}

await answer(async () => {
  const visitor = createPublicClient({ environment });
  const [yes, no] = said.tokens;
  const [maker, taker] = [await trader(said.keys[0]), await trader(said.keys[1])];
  const market = heard(await visitor.subscribe([{ topic: "market", tokenIds: [yes] }]));
  const user = heard(await taker.subscribe([{ topic: "user" }]));
  await until(() => market.length);
  const resting = await maker.placeLimitOrder({ tokenId: yes, price: 0.4, size: 10, side: "BUY" });
  await until(() => market.find((event) => event.type === "price_change"));
  const matched = await taker.placeMarketOrder({ tokenId: no, amount: 2.4, side: "BUY" });
  await until(() => user.find((event) => event.payload.status?.endsWith("CONFIRMED")));
  await until(() => market.find((event) => event.type === "last_trade_price"));
  const open = await until(async () => {
    const seen = await first(maker.listOpenOrders({ market: said.condition }));
    return seen[0]?.sizeMatched === "4" ? seen : null;
  });
  const trades = await until(async () => {
    const seen = await first(taker.listAccountTrades({ market: said.condition }));
    return seen.length ? seen : null;
  });
  return {
    resting,
    matched,
    open,
    trades,
    market,
    user,
    book: await visitor.fetchOrderBook({ tokenId: yes }),
    midpoint: await visitor.fetchMidpoint({ tokenId: yes }),
    cancelled: await maker.cancelOrder({ orderId: resting.orderId ?? resting.orderID }),
    markets: (await first(visitor.listMarkets({ closed: false }))).length,
    events: (await first(visitor.listEvents({ closed: false }))).length,
  };
});
