"""All cases, in the order in which they are made."""

import decoders
import encoders
import experts
from case import Case


def models() -> list[Case]:
    return [
        *decoders.llamas(),
        *decoders.qwens(),
        *decoders.gemmas(),
        *decoders.others(),
        *experts.gpt_oss(),
        *experts.deepseek(),
        *experts.lfm2_moe(),
        *experts.few_bits(),
        *encoders.bert(),
        *encoders.last_token(),
        *encoders.nomic(),
    ]
