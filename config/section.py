"""What every section of the settings is made of."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A group of settings; an unknown key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


WEB_ADDRESS = r"^https?://[^/\s?#]+(/\S*)?$"


def _web_address(given: str) -> str:
    if not re.match(WEB_ADDRESS, given):
        raise ValueError("give an address that begins with http:// or https:// and names a host")
    return given


WebAddress = Annotated[
    str, AfterValidator(_web_address), Field(json_schema_extra={"pattern": WEB_ADDRESS})
]
