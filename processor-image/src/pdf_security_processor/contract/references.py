"""How a job names what it does not hold: objects of its own namespace, and keys of Secrets."""

from typing import Annotated

from pydantic import ConfigDict, Field

from pdf_security_processor.contract.model import Model, cel_rules

ObjectName = Annotated[
    str, Field(min_length=1, max_length=253, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
]
DataKey = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[-._a-zA-Z0-9]+$")]


class SecretKeyReference(Model):
    """One key of a Secret in the job's own namespace."""

    model_config = ConfigDict(
        json_schema_extra=cel_rules(
            (
                "self.key != '.' && !self.key.startsWith('..')",
                "key must not be '.' or begin with '..'",
                ".key",
            ),
        )
    )

    name: ObjectName = Field(description="Name of the Secret.")
    key: DataKey = Field(description="Key in the Secret's data.")
