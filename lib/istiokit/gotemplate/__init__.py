"""The templates of Helm, as far as strings in values hold them: evaluated as `tpl` does, or refused. Pure."""
