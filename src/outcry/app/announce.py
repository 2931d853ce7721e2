"""What `outcry up` tells the person who started it, on standard output; logs go elsewhere."""

import sys

from outcry import kernel
from outcry.app.options import data_dir_option
from outcry.app.record import Record
from outcry.app.roots.chain import home_of
from outcry.runtime.config import Config


class Announcer:
    """Speaks about one run of one exchange."""

    def __init__(self, config: Config, *, first_time: bool) -> None:
        """Give hints when the exchange runs for the *first_time*."""
        self._config = config
        self._first_time = first_time

    def starting(self, version: str) -> None:
        """Say what is being started."""
        new = ", a new exchange" if self._first_time else ""
        _say(f"Outcry {version}, data in {self._config.data_dir}{new}")

    def still_starting(self, waiting: list[str]) -> None:
        """Say what is being waited for, when it takes long."""
        _say(f"Still waiting for {', '.join(waiting)}; long logs take time to read.")

    def ready(self, record: Record, seconds: float) -> None:
        """Say that everything answers, where, and what to do next."""
        where = record.addresses
        metrics = ", ".join(f"{where[name]} ({name})" for name in record.processes if name in where)
        _say(
            f"\nReady after {seconds:.1f} s.\n\n"
            f"  http     http://{where['http']}   /api /docs /healthz /readyz /metrics\n"
            f"  feeds    ws://{where['feeds']}     /depth /user\n"
            f"  ledger   {where['grpc']} (gRPC)\n"
            f"  gateway  {where['gateway']} (binary TCP)\n"
            f"  metrics  http://{metrics}\n"
            f"  kernel   {kernel.build_info()}\n" + self._settlement()
        )
        if self._first_time:
            self._hint(str(where["http"]))
        _say("Ctrl-C stops the exchange.")

    def _settlement(self) -> str:
        """Say which chain trades wait for, and whether it is none."""
        settlement = self._config.settlement
        home = home_of(self._config)
        if home is not None:
            return (
                f"  settles  on chain {home.chain_id}, contract {home.settlement},"
                f" {settlement.confirmations} confirmations\n"
            )
        if settlement.mode == "book":
            return ""
        return (
            f"  settles  on a SIMULATED chain: a block each {settlement.block_ms} ms,"
            f" {settlement.confirmations} confirmations; nothing leaves this machine\n"
        )

    def stopped(self) -> None:
        """Say that it is over, and that nothing is lost."""
        _say("Stopped. The next start goes on from here.")

    def _hint(self, http: str) -> None:
        more = data_dir_option(self._config.data_dir)
        steps = [
            (f"outcry token alice{more}", "a token for a user; any name will do"),
            (f"outcry token operator --admin{more}", "one that may open markets and pay in"),
            (f"outcry status{more}", "how the processes are"),
            (f"outcry tail log -f{more}", "everything that happens, as it happens"),
        ]
        if home_of(self._config) is not None:
            pays = f"outcry chain faucet ADDRESS 1000 --escrow{more}"
            steps.append((pays, "on a development chain: what somebody can trade with"))
        width = max(len(step) for step, _ in steps)
        _say("First steps, in another terminal:\n")
        for step, meaning in steps:
            _say(f"  {step:{width}}   {meaning}")
        _say(f'\n  curl -H "Authorization: Bearer $(outcry token alice{more})" \\')
        _say(f"       http://{http}/api/user_data\n")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
