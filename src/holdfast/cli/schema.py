"""`holdfast schema`."""

import json

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of holdfast.toml, for editors.

    \b
      holdfast schema > holdfast.schema.json
    """
    from pydantic import ConfigDict, create_model

    from holdfast.audit.settings import AuditSettings

    whole = create_model("holdfast.toml", __config__=ConfigDict(extra="forbid"), audit=(AuditSettings, AuditSettings()))
    click.echo(json.dumps(whole.model_json_schema(), indent=2))
