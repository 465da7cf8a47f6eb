"""Our own small language model and any other local one: the prompt in references, the runtime, the LangChain chat model."""
