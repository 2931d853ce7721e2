#!/usr/bin/env bash
# A day on the exchange, with curl: two users trade both outcomes of a market, it is resolved, the
# winner is paid. Start the exchange first (`make up`); needs curl and python3.
set -euo pipefail
outcry=${OUTCRY:-.venv/bin/outcry}
site=${SITE:-http://127.0.0.1:8000}

get() { curl -sS -H "Authorization: Bearer $1" "$site/api/$2"; }
post() { curl -sS -H "Authorization: Bearer $1" -H 'Content-Type: application/json' "$site/api/$2" -d "$3"; }
pick() { python3 -c "import json, sys; data = json.load(sys.stdin)['data']; print($1)"; }

# Who is who: tokens signed with the development key of the data folder.
admin=$($outcry token operator --admin)
ann=$($outcry token ann)
bob=$($outcry token bob)
day=$(date +%s)

# Ann and Bob are registered on first sight; the operator credits them.
ann_id=$(get "$ann" user_data | pick 'data["id"]')
bob_id=$(get "$bob" user_data | pick 'data["id"]')
post "$admin" admin/deposits '{"user_id": '"$ann_id"', "amount": "100", "tx_hash": "ann-'"$day"'"}' >/dev/null
post "$admin" admin/deposits '{"user_id": '"$bob_id"', "amount": "100", "tx_hash": "bob-'"$day"'"}' >/dev/null

# An event with one market.
event=$(post "$admin" admin/events '{
    "event_identifier": "rain-'"$day"'", "title": "Weather", "topic": "weather",
    "markets": [{"market_identifier": "rain", "question": "Will it rain tomorrow?"}]}')
event_id=$(pick 'data["event_id"]' <<<"$event")
market_id=$(pick 'data["market_ids"][0]' <<<"$event")
tokens=$(get "$ann" "event_detail?event_id=$event_id" |
    pick '" ".join(data["markets"][0][f"outcome_{o}_token_id"] for o in (0, 1))')
read -r yes no <<<"$tokens"

# order WHO TOKEN SIDE PRICE SHARES: place it, wait for the book, say what became of it.
order() {
    post "$1" "place_order?wait=result" '{
        "event_id": '"$event_id"', "market_id": '"$market_id"', "token_id": "'"$2"'", "side": "'"$3"'",
        "order_type": "limit", "price": "'"$4"'", "quantity": "'"$5"'"}' |
        pick '"  order {order_id} is {status}, {filled_quantity} filled".format(**data)'
}
echo "Ann buys 10 YES at 0.60:"; order "$ann" "$yes" buy 0.60 10
echo "Bob buys 10 NO at 0.40 (a pair is minted):"; order "$bob" "$no" buy 0.40 10
echo "Ann offers 4 YES at 0.70:"; order "$ann" "$yes" sell 0.70 4
echo "Bob buys them (a transfer):"; order "$bob" "$yes" buy 0.70 4
echo "Ann offers 2 YES at 0.55:"; order "$ann" "$yes" sell 0.55 2
echo "Bob sells 2 NO at 0.45 (a pair is merged):"; order "$bob" "$no" sell 0.45 2

# The market closes, YES wins, tokens become money.
post "$admin" "admin/markets/$market_id/close" '{}' >/dev/null
post "$admin" "admin/markets/$market_id/resolve" '{"payout": ["1", "0"]}' >/dev/null
n=0
for who in "$ann" "$bob"; do
    n=$(post "$who" redeem '{"market_id": '"$market_id"'}' | pick 'data["n"]')
done
echo "Ann has $(get "$ann" "balance?uid=$ann_id&after=$n" | pick data)"
echo "Bob has $(get "$bob" "balance?uid=$bob_id&after=$n" | pick data)"
$outcry verify
