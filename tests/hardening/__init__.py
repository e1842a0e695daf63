"""What a pod of the operator's can do, told by a program inside it; and what it must not."""
