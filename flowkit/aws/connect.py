"""Clients of AWS: credentials from boto3's own chain, patient with throttling, and only able to read."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from flowkit.aws.actions import ACTIONS
from flowkit.errors import AwsError

# boto3 takes a while to import: whoever reads local files only does without it.

_ATTEMPTS: Final = 8
"""With back-off of up to 20 s between them: a minute or two of throttling are sat out."""
_CONNECT, _READ = 10, 30
_SESSION: Final = "flowkit"


@dataclass(frozen=True, slots=True)
class Access:
    """As whom AWS is asked: names only, for credentials stay in boto3.

    Attributes
    ----------
    profile
        A profile of the user's AWS configuration; by default what boto3 chooses.
    region
        The region to ask; by default the profile's or AWS_REGION's.
    role
        The ARN of a role to take, for another account; AWS lets go of it after an hour.
    """

    profile: str | None = None
    region: str | None = None
    role: str | None = None

    def within(self, region: str | None) -> "Access":
        """Return the same access to another region."""
        return replace(self, region=region or self.region)

    def client(self, service: str, *, connections: int = 10) -> Any:  # noqa: ANN401 - made by boto3 at run time
        """Return a client of a service, which refuses every call that is not in `ACTIONS`.

        Raises
        ------
        AwsError
            If there are no credentials, no such profile or no region.
        """
        from flowkit.aws.refusals import answered

        with answered(f"to speak with {service}"):
            session = _session(profile_name=self.profile, region_name=self.region)
            if self.role:
                session = _as_role(session, self.role, self.region)
            client = _client(session, service, connections)
        client.meta.events.register_first("provide-client-params.*.*", _only_reads(service))
        return client

    def account(self) -> str:
        """Return the account that is asked.

        Raises
        ------
        AwsError
            If the credentials are not accepted.
        """
        from flowkit.aws.refusals import answered

        client = self.client("sts")
        with answered("whose credentials these are (sts:GetCallerIdentity)"):
            return str(client.get_caller_identity()["Account"])


def _session(**options: str | None) -> Any:  # noqa: ANN401 - boto3's
    import boto3
    from botocore.session import get_session

    base = get_session()
    base.register_component("data_loader", _models())
    return boto3.Session(botocore_session=base, **options)


@cache
def _models() -> Any:  # noqa: ANN401 - botocore's
    """Return what reads the descriptions of AWS's services; it keeps them, which makes the next client quick."""
    from botocore.loaders import Loader

    return Loader()


def _client(session: Any, service: str, connections: int) -> Any:  # noqa: ANN401 - made by boto3 at run time
    from flowkit.aws.whole import asked_again

    client = session.client(service, config=_config(connections))
    client.meta.events.register("needs-retry", asked_again(_ATTEMPTS))
    return client


def _config(connections: int) -> Any:  # noqa: ANN401 - botocore's
    from botocore.config import Config

    return Config(
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        connect_timeout=_CONNECT,
        read_timeout=_READ,
        max_pool_connections=connections,
        user_agent_extra=_SESSION,
    )


def _as_role(session: Any, role: str, region: str | None) -> Any:  # noqa: ANN401 - made by boto3
    from flowkit.aws.refusals import answered

    with answered(f"to take the role {role} (sts:AssumeRole)"):
        client = _client(session, "sts", 1)
        given = client.assume_role(RoleArn=role, RoleSessionName=_SESSION)["Credentials"]
    return _session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        region_name=region or session.region_name,
    )


def _only_reads(service: str) -> Any:  # noqa: ANN401 - a handler of botocore's events
    def check(model: Any, **_: object) -> None:  # noqa: ANN401
        if (service, model.name) not in ACTIONS:
            raise AwsError(f"flowkit only reads AWS, and {service}:{model.name} is not among the calls it may make.")

    return check
