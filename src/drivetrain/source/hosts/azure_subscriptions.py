"""Service hooks of Azure DevOps: a subscription for each kind of event.

https://learn.microsoft.com/azure/devops/service-hooks/create-subscription
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.errors import UserError
from drivetrain.source.hosts.http import part

if TYPE_CHECKING:
    from drivetrain.source.hosts.http import Api

EVENTS = {
    "git.push": "1.0",
    "git.pullrequest.created": "1.0",
    "git.pullrequest.updated": "1.0",
    "git.pullrequest.merged": "1.0",
    "ms.vss-code.git-pullrequest-comment-event": "2.0",
}
"""With the version of what is delivered: https://learn.microsoft.com/azure/devops/service-hooks/events"""
USER = "drivetrain"
"""The user name of the basic authentication by which its deliveries are known; the password is the secret."""
_RIGHT = "Project and team: read, write & manage; and the permission to edit subscriptions"


class Subscriptions:
    """The service hooks of one organization."""

    def __init__(self, api: Api, organization: str) -> None:
        self._api = api
        self._at = f"{organization}/_apis/hooks/subscriptions"
        self._tests = f"{organization}/_apis/hooks/testnotifications"

    def may_make(self) -> bool:
        """Whether the credentials may see service hooks, and so make them."""
        try:
            self._list("list service hooks")
        except UserError:
            return False
        return True

    def make(self, url: str, secret: str, project: str, repository: str) -> str:
        """One for every kind of event, in place of those of this url; their ids."""
        what = "make service hooks"
        known = {each["eventType"]: str(each["id"]) for each in self._list(what) if _url(each) == url}
        ids = []
        for event, version in EVENTS.items():
            body = {
                "publisherId": "tfs",
                "eventType": event,
                "resourceVersion": version,
                "consumerId": "webHooks",
                "consumerActionId": "httpRequest",
                "publisherInputs": {"projectId": project, "repository": repository},
                "consumerInputs": {"url": url, "basicAuthUsername": USER, "basicAuthPassword": secret},
            }
            ids.append(self._put(known.get(event, ""), what, body))
        return ",".join(ids)

    def _put(self, known: str, what: str, body: dict[str, Any]) -> str:
        if known:
            self._api.put(f"{self._at}/{part(known)}", what, body, right=_RIGHT)
            return known
        return str(self._api.post(self._at, what, body, right=_RIGHT)["id"])

    def _list(self, what: str) -> list[dict[str, Any]]:
        answer = self._api.get(self._at, what, right=_RIGHT, query={"consumerId": "webHooks"})
        found: list[dict[str, Any]] = answer["value"]
        return found

    def remove(self, ids: str) -> None:
        """Take them away."""
        for each in filter(None, ids.split(",")):
            self._api.delete(f"{self._at}/{part(each)}", "remove a service hook", right=_RIGHT)

    def test(self, ids: str) -> None:
        """Have the first of them deliver an example: https://learn.microsoft.com/rest/api/azure/devops/hooks/notifications"""
        first = ids.partition(",")[0]
        if not first:
            return
        kept = self._api.get(f"{self._at}/{part(first)}", "show a service hook", right=_RIGHT)
        details = {name: kept[name] for name in ("publisherId", "eventType", "consumerId", "consumerActionId")}
        details |= {"publisherInputs": kept["publisherInputs"], "consumerInputs": kept["consumerInputs"]}
        body = {"subscriptionId": first, "details": details}
        self._api.post(self._tests, "test a service hook", body, right=_RIGHT)


def _url(subscription: dict[str, Any]) -> str:
    return str((subscription.get("consumerInputs") or {}).get("url") or "")
