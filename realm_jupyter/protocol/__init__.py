"""The wire format between server and client: OpenAI's, with a few fields more.

Messages are pydantic models, one table turns errors into HTTP answers and back, and
server-sent events carry streams. Nothing here opens a socket or runs a model.

============== ======================================================================
module         holds
============== ======================================================================
``base``       what every message has in common, and reading one from JSON
``sampling``   the sampling fields that requests share
``chat``       ``/v1/chat/completions``
``completion`` ``/v1/completions``
``tools``      functions that a model may call
``logprobs``   log probabilities in both forms
``usage``      token counts and timings
``models``     ``/v1/models`` and the administrator's ``/admin/models``
``text``       ``/tokenize``, ``/detokenize``, ``/v1/embeddings``
``error_table`` errors: class, HTTP status, body, and the way back
``sse``        server-sent events: to bytes, and from bytes in any pieces
``discovery``  the file by which kernels of the same user find a running server
============== ======================================================================
"""
