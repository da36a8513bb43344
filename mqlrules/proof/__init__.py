"""What can be proved of conditions: implication, contradiction, equivalence."""
