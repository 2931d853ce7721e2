// The official client of TypeScript, first generation: from a request for quotes to fills.

import { AssetType, ClobClient, Side } from "@polymarket/clob-client";
import { answer, said, until, wallet } from "./common.mjs";

async function trader(key) {
  const signer = wallet(key);
  const known = new ClobClient(said.host, said.chain_id, signer);
  const creds = await known.createOrDeriveApiKey();
  return new ClobClient(said.host, said.chain_id, signer, creds);
}

await answer(async () => {
  const [requester, quoter] = [await trader(said.keys[0]), await trader(said.keys[1])];
  const [yes, no] = said.tokens;
  const { requestId } = await requester.rfq.createRfqRequest({
    tokenID: yes,
    price: 0.57,
    size: 40,
    side: Side.BUY,
  });
  const requests = await quoter.rfq.getRfqRequests({ requestIds: [requestId], state: "active" });
  const { quoteId } = await quoter.rfq.createRfqQuote({
    requestId,
    tokenID: no,
    price: 0.45,
    size: 40,
    side: Side.BUY,
  });
  const best = await requester.rfq.getRfqBestQuote({ requestId });
  const accepted = await requester.rfq.acceptRfqQuote({ requestId, quoteId, expiration: 0 });
  const approved = await quoter.rfq.approveRfqOrder({ requestId, quoteId, expiration: 0 });
  const trades = await until(async () => {
    const seen = await requester.getTrades({ market: said.condition });
    return seen.length ? seen : null;
  });
  const balance = await requester.getBalanceAllowance({
    asset_type: AssetType.CONDITIONAL,
    token_id: yes,
  });
  return { requests, quoteId, best, accepted, approved, trades, balance };
});
