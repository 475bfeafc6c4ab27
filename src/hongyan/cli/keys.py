"""`hongyan apikey`: keys with which programs act in a user's name."""

from __future__ import annotations

from typing import Annotated

import typer

from hongyan.cli.output import Json, refuse, say, set_up_django

app = typer.Typer(no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    user: Annotated[str, typer.Option(help="Sign-in name of the user in whose name it acts.")],
    as_json: Json = False,
) -> None:
    """Make a key; it is shown this once."""
    set_up_django()
    from hongyan.accounts.api_keys import create_key
    from hongyan.accounts.models import User

    owner = User.objects.filter(username__iexact=user, is_active=True).first()
    if owner is None:
        refuse("There is no such user.", as_json=as_json)
    key, secret = create_key(owner, owner, name)
    say({"id": key.pk, "key": secret}, f"Keep it, it is not shown again: {secret}", as_json=as_json)


@app.command(name="list")
def list_(as_json: Json = False) -> None:
    """List the keys."""
    set_up_django()
    from hongyan.accounts.models import ApiKey

    rows = [
        {
            "id": one.pk,
            "name": one.name,
            "user": one.user.username,
            "prefix": one.prefix,
            "revoked": bool(one.revoked_at),
        }
        for one in ApiKey.objects.select_related("user")
    ]
    words = "\n".join(
        f"{row['id']:>4}  {row['prefix']}…  {row['user']}  {row['name']}{'  (revoked)' if row['revoked'] else ''}"
        for row in rows
    )
    say(rows, words or "There is no key yet.", as_json=as_json)


@app.command()
def revoke(key_id: int, as_json: Json = False) -> None:
    """Make a key useless at once."""
    set_up_django()
    from hongyan.accounts.api_keys import revoke_key
    from hongyan.accounts.models import ApiKey

    key = ApiKey.objects.filter(pk=key_id).first()
    if key is None:
        refuse("There is no such key.", as_json=as_json)
    revoke_key(None, key)
    say({"revoked": key_id}, "Revoked.", as_json=as_json)
