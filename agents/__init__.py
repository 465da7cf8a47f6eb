"""The LangGraph graph: understand a question, gather figures, compute, decompose, write in references, audit."""
