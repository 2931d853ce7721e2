// The official client of TypeScript, second generation: from a key to fills and cancels.

import { AssetType, ClobClient, OrderType, Side } from "@polymarket/clob-client-v2";
import { answer, said, until, wallet } from "./common.mjs";

async function trader(key) {
  const place = { host: said.host, chain: said.chain_id, signer: wallet(key) };
  const creds = await new ClobClient(place).createOrDeriveApiKey();
  return new ClobClient({ ...place, creds });
}

await answer(async () => {
  const [maker, taker] = [await trader(said.keys[0]), await trader(said.keys[1])];
  const [yes, no] = said.tokens;
  const resting = await maker.createAndPostOrder(
    { tokenID: yes, price: 0.4, size: 10, side: Side.BUY },
    undefined,
    OrderType.GTC,
  );
  const book = await until(async () => {
    const seen = await taker.getOrderBook(yes);
    return seen.bids?.length ? seen : null;
  });
  const hash = book.hash;
  const matched = await taker.createAndPostMarketOrder(
    { tokenID: no, amount: 2.4, side: Side.BUY },
    undefined,
    OrderType.FOK,
  );
  const open = await until(async () => {
    const seen = await maker.getOpenOrders({ market: said.condition });
    return seen[0]?.size_matched === "4" ? seen : null;
  });
  const trades = await until(async () => {
    const seen = await taker.getTrades({ market: said.condition });
    return seen[0]?.status === "CONFIRMED" ? seen : null;
  });
  const history = await until(async () => {
    const seen = await maker.getPricesHistory({ market: no, interval: "max" });
    return seen.history?.length ? seen : null;
  });
  const balance = await taker.getBalanceAllowance({
    asset_type: AssetType.CONDITIONAL,
    token_id: no,
  });
  const unfilled = await taker.createAndPostOrder(
    { tokenID: no, price: 0.6, size: 99, side: Side.BUY },
    undefined,
    OrderType.FOK,
  );
  return {
    resting,
    book,
    same_hash: (await taker.getOrderBookHash(book)) === hash,
    matched,
    open,
    trades,
    balance,
    unfilled,
    cancelled: await maker.cancelOrder({ orderID: resting.orderID }),
    left: await maker.getOpenOrders({ market: said.condition }),
    keys: await maker.getApiKeys(),
    heartbeat: await maker.postHeartbeat(""),
    closed_only: await maker.getClosedOnlyMode(),
    market: await maker.getMarket(said.condition),
    history,
    activity: await maker.getMarketTradesEvents(said.condition),
    version: await maker.getVersion(),
    compact: await maker.getClobMarketInfo(said.condition),
  };
});
